/// The entry point that libFuzzer calls with each input. Built only under REMIT_FUZZ=1: see scripts/fuzz.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    if let broken = brokenInvariant(of: input) { fatalError(broken) }
    return 0
}
