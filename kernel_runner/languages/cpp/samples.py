"""Sample programs in C++: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('std::cout << "hello, world\\n";', stdout="hello, world\n"),),
}
