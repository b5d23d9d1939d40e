"""PARI/GP: each cell is a script for gp."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.pari.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.script_runner import ScriptRunner

KEYWORDS = (
    "Mat Mod Pi Pol Ser Set Str Vec abs binomial break charpoly component concat content contfrac "
    "cos default denominator derivnum divisors ellinit error eulerphi exp factor fibonacci for "
    "fordiv forprime forstep forvec gcd global if iferr intnum isprime issquare lcm length lift "
    "listput local log matdet matid matrix matsolve moebius my next nextprime nfinit numdiv "
    "numerator polcyclo polroots precprime primes print print1 printf prod prodeuler qfbclassno "
    "quit random return round select sigma sin sqrt sqrtint subst sum sumdigits truncate until "
    "valuation vecmax vecsort vector while write zeta znorder"
)
# gp shows values where it reads commands from its stdin, and ends at the end of that.
FROM_STDIN = ("/bin/sh", "-c", 'exec "$@" <"$0"')
QUIT = str(folder_of(__file__) / "quit.gp")  # where it is given files it would go on with its stdin


class PariRunner(ScriptRunner):
    """A cell's lines are commands, whose values gp shows; the first that fails ends it."""

    language = Language(
        "pari",
        "PARI/GP",
        suffix=".gp",
        mimetype="text/x-pari",
        comment="\\\\",
        codemirror_mode="yacas",  # CodeMirror has no GP; this, too, leaves a single ' alone
        pygments_lexer="parigp",
        kernels=("pari_jupyter",),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("gp",),), debian="pari-gp", version=("--version-short",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.gp",)
    script_options = ("-q", "-f", "--default", "recover=0")

    async def query(self, code_text: str) -> int:
        """Run the cell."""
        self.syntax.remember(code_text)
        script = self.write_script(code_text)
        argv = [*FROM_STDIN, script, *self.interpreter(), *self.script_options]
        return self.tell(await self.run_program(argv), "The program")

    async def run_file(self, script: str) -> int:
        """Run a file; its exit code. Values are not shown then."""
        argv = [*self.interpreter(), *self.script_options, script, QUIT]
        return self.tell(await self.run_program(argv), "The program")
