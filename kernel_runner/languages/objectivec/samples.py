"""Sample programs in Objective-C: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
#import <Foundation/Foundation.h>

int main(void) {
    printf("hello, world\\n");
    return 0;
}"""
CLASSES = """\
#import <Foundation/Foundation.h>

@interface Circle : NSObject {
    double radius;
}
@property (nonatomic) double radius;
- (double)area;
@end

@implementation Circle
@synthesize radius;
- (double)area {
    return 3 * radius * radius;
}
@end

int main(void) {
    NSAutoreleasePool *pool = [NSAutoreleasePool new];
    Circle *circle = [[Circle new] autorelease];
    circle.radius = 2;
    printf("%.1f\\n", [circle area]);
    [pool drain];
    return 0;
}"""
STATEMENTS = """\
NSMutableArray *words = [NSMutableArray array];
for (NSString *word in [@"one two" componentsSeparatedByString: @" "]) {
    [words addObject: [word uppercaseString]];
}
printf("%s\\n", [[words componentsJoinedByString: @", "] UTF8String]);"""
BROKEN = """\
int main(void) {
    return missing;
}"""
STDIN = """\
char word[64];
printf("words? ");
fflush(stdout);
while (scanf("%63s", word) == 1) {
    NSString *text = [NSString stringWithUTF8String: word];
    printf("%s\\n", [[text stringByAppendingString: text] UTF8String]);
    fflush(stdout);
}"""
ENDLESS = """\
printf("running\\n");
fflush(stdout);
for (volatile int n = 0;; n ^= 1);"""
UNICODE = """\
NSString *größe = @"žluťoučký 🐎 日本語";
printf("%s\\n", [größe UTF8String]);"""
EXIT = """\
fprintf(stderr, "on stderr\\n");
exit(3);"""
RAISED = """\
NSArray *numbers = [NSArray arrayWithObjects: @"one", nil];
[numbers objectAtIndex: 2];"""
CRASH = """\
printf("before\\n");
fflush(stdout);
*(volatile int *)NULL = 1;"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "classes": (Sample(CLASSES, stdout="12.0\n"),),
    "statements": (Sample(STATEMENTS, stdout="ONE, TWO\n"),),
    "error": (
        Sample(
            BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2:12: error:.*missing"
        ),
        Sample("int n = 1;\nn = [missing x];", error="BuildFailed", traceback=r"In\[\d+\]:2:6:"),
        Sample(
            RAISED,
            stderr=r"(?s:.*)NSRangeException(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample("int n;", stderr=r"(?s:.*)In\[\d+\]:1:5: warning: unused variable .n.(?s:.*)"),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGSEGV"),),
}
