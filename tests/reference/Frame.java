import okhttp3.*;

class Frame {
    public static void main(String[] arguments) throws Exception {
SAMPLE
    }
}
