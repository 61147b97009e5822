/// The entry point that libFuzzer calls with each input. Built only under REMIT_FUZZ=1: see scripts/fuzz.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    // A crash is how libFuzzer is told of a finding: it keeps the input and ends with an error. No program of remit contains this.
    if let broken = brokenInvariant(of: input) { fatalError(broken) }
    return 0
}
