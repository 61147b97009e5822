/// The header of a `.npy` file (NumPy's format, versions 1 to 3): a magic, a version, the length of a Python dict, and the dict.
struct NumpyHeader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// NumPy writes 128 bytes; a one-dimensional array never needs more than this.
    private static let longest = 4096
    /// More than any disk holds; their bytes are no overflow.
    private static let mostElements = 1 << 52

    let element: TokenElement
    /// 0...2^52.
    let count: Int
    /// Where the array begins.
    let dataOffset: Int

    /// nil where the file has no header: a bare array, as OLMo writes it.
    ///
    /// - Parameter start: the file's first bytes; all of them or at least 4,096.
    init?(_ start: ArraySlice<UInt8>, file: String) throws(CorpusError) {
        guard start.starts(with: Self.magic) else { return nil }
        func bad(_ reason: String) -> CorpusError { .badTokenArray(file: file, reason: reason) }
        let bytes = Array(start)
        guard bytes.count >= 12 else { throw bad("it ends inside its header") }
        guard (1...3).contains(bytes[6]) else { throw bad("version \(bytes[6]) of the npy format") }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        let length = (0..<lengthBytes).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
        dataOffset = 8 + lengthBytes + length
        guard length <= Self.longest, dataOffset <= bytes.count else { throw bad("a header of \(length) bytes") }
        let text = String(decoding: bytes[(8 + lengthBytes)..<dataOffset], as: UTF8.self)
        if text.contains(/'descr':\s*\[/) { throw bad("elements of a structured type, expected integers") }
        guard let descr = text.firstMatch(of: /'descr':\s*'([^']*)'/)?.output.1,
            let shape = text.firstMatch(of: /'shape':\s*\(([^)]*)\)/)?.output.1
        else { throw bad("a header without 'descr' and 'shape'") }
        guard let element = TokenElement(descr: descr) else {
            throw bad("elements of type '\(descr)', expected little-endian integers")
        }
        guard let length = shape.wholeMatch(of: /\s*(\d+)\s*,\s*/)?.output.1 else {
            throw bad("an array of shape (\(shape)), expected one dimension")
        }
        guard let count = Int(length), count <= Self.mostElements else {
            throw bad("an array of \(length) elements, expected at most 2^52")
        }
        self.element = element
        self.count = count
    }
}
