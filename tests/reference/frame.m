// The part of Objective-C samples that needs a session: GNUstep before 1.30 has none, so this one stands in for it.
#import <Foundation/Foundation.h>

typedef void (^Handler)(NSData *, NSURLResponse *, NSError *);

@interface NSURLSessionDataTask : NSObject {
@public
  NSURLRequest *request;
  Handler handler;
}
- (void)resume;
@end

@implementation NSURLSessionDataTask
- (void)resume {
  NSURLResponse *response = nil;
  NSError *error = nil;
  NSData *data = [NSURLConnection sendSynchronousRequest:request returningResponse:&response error:&error];
  handler(data, response, error);
}
@end

@interface NSURLSession : NSObject
@end

@implementation NSURLSession
+ (NSURLSession *)sharedSession {
  return [self new];
}
- (NSURLSessionDataTask *)dataTaskWithRequest:(NSURLRequest *)request completionHandler:(Handler)handler {
  NSURLSessionDataTask *task = [NSURLSessionDataTask new];
  task->request = request;
  task->handler = handler;
  return task;
}
@end

int main(void) {
  @autoreleasepool {
#include "sample.inc"
  }
  return 0;
}
