"""Sample programs in Ada: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
with Ada.Text_IO;
procedure Hello is
begin
   Ada.Text_IO.Put_Line ("hello, world");
end Hello;"""
PACKAGE = """\
with Ada.Text_IO; use Ada.Text_IO;
procedure Main is
   package Shapes is
      type Circle is record
         Radius : Integer;
      end record;
      function Area (It : Circle) return Integer is (3 * It.Radius ** 2);
   end Shapes;
begin
   Put_Line (Integer'Image (Shapes.Area ((Radius => 2))));
end Main;"""
BROKEN = """\
procedure Broken is
begin
   Missing (1);
end Broken;"""
STDIN = """\
Put ("words? ");
while not End_Of_File loop
   declare
      Word : constant String := Get_Line;
   begin
      Put_Line (Word & Word);
   end;
end loop;"""
ENDLESS = """\
Put_Line ("running");
loop
   null;
end loop;"""
UNICODE = """\
Put_Line ("žluťoučký 🐎 日本語");"""
EXIT = """\
with Ada.Command_Line;
with Ada.Text_IO; use Ada.Text_IO;
procedure Main is
begin
   Put_Line (Standard_Error, "on stderr");
   Ada.Command_Line.Set_Exit_Status (3);
end Main;"""
CRASH = """\
with Ada.Text_IO; use Ada.Text_IO;
procedure Main is
   Numbers : array (1 .. 3) of Integer := (others => 0);
   Place : Integer := 5;
begin
   Put_Line ("before");
   Place := Place + Numbers (1);
   Numbers (Place) := 1;
end Main;"""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample('Put ("hello, ");\nPut_Line ("world");', stdout="hello, world\n"),
    ),
    "package": (Sample(PACKAGE, stdout=" 12\n"),),
    "error": (
        Sample(
            BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:3:04: error:.*Missing"
        ),
        Sample('Put ("a");\nPut (b);', error="BuildFailed", traceback=r"In\[\d+\]:2:06: error"),
    ),
    "warning": (
        Sample(
            HELLO.replace("is\n", "is\n   Spare : Integer;\n"),
            stdout="hello, world\n",
            stderr=r'In\[\d+\]:3:04: warning: variable "Spare".*\n',
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(
            CRASH,
            stdout="before\n",
            stderr=r"(?s:.*)CONSTRAINT_ERROR : In\[\d+\]:8 index check failed(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
}
