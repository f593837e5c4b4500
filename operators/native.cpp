// What the library says of itself. It needs no Python headers: it is loaded by `ctypes`, and not imported.

extern "C" {

// The hash of the C++ files that it was built from, which `setup.py` gives; `native.py` compares it.
const char *sources_sha256() { return SOURCES_SHA256; }
}
