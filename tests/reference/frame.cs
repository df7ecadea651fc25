using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;

class Frame {
    static void Main() {
        Run().Wait();
    }

    static async Task Run() {
SAMPLE
    }
}
