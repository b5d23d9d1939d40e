"""Sample programs in Zig: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
const std = @import("std");

pub fn main(init: std.process.Init) !void {
    try std.Io.File.stdout().writeStreamingAll(init.io, "hello, world\\n");
}"""
SHAPES = """\
const std = @import("std");

const Shape = union(enum) {
    circle: f64,
    square: f64,

    fn area(it: Shape) f64 {
        return switch (it) {
            .circle => |radius| 3 * radius * radius,
            .square => |side| side * side,
        };
    }
};

fn total(comptime count: usize, shapes: [count]Shape) f64 {
    var sum: f64 = 0;
    for (shapes) |shape| sum += shape.area();
    return sum;
}

pub fn main(init: std.process.Init) !void {
    const shapes = [_]Shape{ .{ .circle = 2 }, .{ .square = 3 } };
    var buffer: [64]u8 = undefined;
    var out = std.Io.File.stdout().writer(init.io, &buffer);
    try out.interface.print("{d:.1}\\n", .{total(shapes.len, shapes)});
    try out.interface.flush();
}"""
STATEMENTS = """\
var sum: u32 = 0;
for (1..4) |n| sum += @intCast(n);
std.debug.print("{d}\\n", .{sum});"""
BROKEN = """\
pub fn main() void {
    missing();
}"""
STDIN = """\
const std = @import("std");

pub fn main(init: std.process.Init) !void {
    var out_buffer: [256]u8 = undefined;
    var out = std.Io.File.stdout().writer(init.io, &out_buffer);
    var in_buffer: [256]u8 = undefined;
    var in = std.Io.File.stdin().reader(init.io, &in_buffer);
    try out.interface.writeAll("words? ");
    try out.interface.flush();
    while (try in.interface.takeDelimiter('\\n')) |word| {
        try out.interface.print("{s}{s}\\n", .{ word, word });
        try out.interface.flush();
    }
}"""
ENDLESS = """\
const std = @import("std");

pub fn main(init: std.process.Init) !void {
    try std.Io.File.stdout().writeStreamingAll(init.io, "running\\n");
    var n: u8 = 0;
    while (true) n ^= 1;
}"""
UNICODE = """\
const @"größe" = "žluťoučký 🐎 日本語";
std.debug.print("{s}\\n", .{@"größe"});"""
EXIT = """\
std.debug.print("on stderr\\n", .{});
std.process.exit(3);"""
RETURNED = """\
const wanted: ?u8 = null;
const value = wanted orelse return error.NothingThere;
std.debug.print("{d}\\n", .{value});"""
CRASH = """\
const std = @import("std");
pub fn main(init: std.process.Init) !void {
    try std.Io.File.stdout().writeStreamingAll(init.io, "before\\n");
    const numbers = [_]u8{ 1, 2 };
    var place = numbers.len;
    place += 1;
    std.debug.print("{d}\\n", .{numbers[place]});
}"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "shapes": (Sample(SHAPES, stdout="21.0\n"),),
    "statements": (
        Sample(STATEMENTS, stdout="", stderr="6\n"),
        Sample(f'const std = @import("std");\n{STATEMENTS}', stdout="", stderr="6\n"),
    ),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:2:5: error:.*missing"),
        Sample(
            RETURNED,
            stderr=r"error: NothingThere\n.*In\[\d+\]\.zig:2:29:(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="", stderr="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(
            CRASH,
            stdout="before\n",
            stderr=r"(?s:.*)index out of bounds(?s:.*)In\[\d+\]\.zig:7:(?s:.*)",
            error="Signal",
            traceback="SIGABRT",
        ),
    ),
}
