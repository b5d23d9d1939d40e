"""Objective-C: each cell is a whole program, through gcc, with GNUstep's Foundation."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.objectivec.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner
from kernel_runner.runner import ToolchainMissing

KEYWORDS = (
    "BOOL Class IMP NO NSArray NSAutoreleasePool NSDictionary NSException NSInteger NSLog "
    "NSMutableArray NSMutableDictionary NSMutableString NSNumber NSObject NSSet NSString "
    "NSUInteger Nil SEL YES alloc auto autorelease break case catch char class const continue copy "
    "default dealloc do double dynamic else encode end enum extern finally float for goto id if "
    "implementation import in include init inline int interface long new nil nonatomic optional "
    "private property protected protocol public readonly readwrite register release required "
    "retain return selector self short signed sizeof static struct super switch synchronized "
    "synthesize throw try typedef union unsigned void volatile while"
)
COMPILER = Toolchain((("gcc",),), debian="gobjc")


class ObjectiveCRunner(ProgramRunner):
    """Statements without a main function become one that sees Foundation."""

    language = Language(
        "objectivec",
        "Objective-C",
        suffix=".m",
        mimetype="text/x-objectivec",
        comment="//",
        codemirror_mode="text/x-objectivec",
        pygments_lexer="objective-c",
    )
    # What tells whether gcc has Objective-C's library; gcc itself is always there.
    toolchain = Toolchain(
        (("gnustep-config",),), debian="gobjc libgnustep-base-dev gnustep-make libc6-dev"
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), spans=("*/",))
    samples = SAMPLES
    source_name = "{cell}.m"
    program_pattern = r"\bmain\s*\("
    program_around = (
        "#import <Foundation/Foundation.h>\nint main(void) {\n"
        'NSAutoreleasePool *pool = [NSAutoreleasePool new];\n#line 1 "{cell}"\n',
        "\n[pool drain];\nreturn 0;\n}",
    )
    more_suffixes = (".c",)
    compile_arguments = (
        "-fobjc-exceptions", "-D_NATIVE_OBJC_EXCEPTIONS",
        "-fconstant-string-class=NSConstantString", "-isystem", "/usr/include/GNUstep",
        "-I{folder}", "{flags}", "{sources}", "-o", "{program}", "{libraries}",
    )  # fmt: skip

    flags = List(Unicode(), ["-std=gnu11", "-Wall", "-g", "-fdiagnostics-color=always"]).tag(
        config=True
    )
    libraries = List(Unicode(), ["-lgnustep-base", "-lobjc", "-lm"]).tag(config=True)

    def command(self) -> list[str]:
        """The compiler's command. Raises SpawnError."""
        super().command()
        found = COMPILER.find()
        if found is None:
            raise ToolchainMissing(COMPILER.missing(self.language.display_name))
        return found

    async def find_version(self) -> str:
        """The compiler's version; empty when it is missing."""
        found = COMPILER.find()
        self.version = await COMPILER.find_version(found) if found else ""
        return self.version
