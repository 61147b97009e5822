import Corpora
import TestSupport
import Testing
import Tokenizers

/// Pre-tokenized corpora. Ids are those of `ByteTokenizer`: 258 of them, so that a bare array is of uint16.
struct TokenArrayTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func documents(
        _ paths: [String], end: Int32? = ByteTokenizer.end, element: TokenElement? = nil
    ) throws -> [[Int32]] {
        let encoder = DocumentEncoder(tokenizer: try ByteTokenizer.make(), endOfSequence: end)
        let tokens = try TokenCache(directory: directory.file("cache")).tokenFile(
            CorpusFiles(paths), fields: RecordFields(bareElement: element), encoder: encoder)
        return (0..<tokens.documentCount).map { index in
            let entry = tokens.entry(index)
            var ids: [Int32] = []
            tokens.appendTokens(from: entry.tokenOffset, count: entry.tokenCount, to: &ids)
            return ids
        }
    }

    private func bytes<Element: FixedWidthInteger>(_ ids: [Int], _: Element.Type) -> [UInt8] {
        ids.flatMap { id in withUnsafeBytes(of: Element(id).littleEndian) { Array($0) } }
    }

    private func header(_ descr: String, _ shape: String, version: UInt8 = 1) -> [UInt8] {
        var dict = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(shape)), }"
        let prefix = version == 1 ? 10 : 12
        while (prefix + dict.utf8.count + 1) % 64 != 0 { dict += " " }
        dict += "\n"
        let length = dict.utf8.count
        let lengthBytes: [UInt8] = [UInt8(length & 255), UInt8(length >> 8)] + (version == 1 ? [] : [0, 0])
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(dict.utf8)
    }

    private let ids = [97, 98, 257, 99, 257, 257, 100, 101]
    /// The third is only an end, as of an empty text; the last lacks its end.
    private let expected: [[Int32]] = [[97, 98, 257], [99, 257], [100, 101, 257]]

    @Test func arraysAreSplitBehindEachEnd() throws {
        let bare = try directory.write("bare.npy", bytes(ids, UInt16.self))
        let wide = try directory.write("wide.npy", bytes(ids, UInt32.self))
        let files: [(String, [UInt8])] = [
            ("u2.npy", header("<u2", "8,") + bytes(ids, UInt16.self)),
            ("u4.npy", header("<u4", "8,", version: 2) + bytes(ids, UInt32.self)),
            ("i8.npy", header("<i8", "8,") + bytes(ids, Int64.self)),
        ]
        #expect(try documents([bare]) == expected)
        #expect(try documents([wide], element: .uint32) == expected)
        for (name, contents) in files { #expect(try documents([directory.write(name, contents)]) == expected) }
    }

    @Test func whatIsNoArrayOfIdsIsRefused() throws {
        func reason(_ name: String, _ contents: [UInt8], element: TokenElement? = nil) throws -> String {
            let path = try directory.write(name, contents)
            do {
                _ = try documents([path], element: element)
                return "accepted"
            } catch let error as CorpusError {
                return error.description.replacing(directory.path, with: "")
            }
        }
        #expect(try reason("float.npy", header("<f4", "2,") + bytes([1, 2], UInt32.self)).contains("'<f4'"))
        #expect(try reason("big.npy", header(">u2", "2,") + bytes([1, 2], UInt16.self)).contains("'>u2'"))
        #expect(try reason("plane.npy", header("<u2", "2, 2") + bytes([1, 2, 3, 4], UInt16.self)).contains("(2, 2)"))
        #expect(try reason("short.npy", header("<u2", "3,") + bytes([1, 257], UInt16.self)).contains("3 elements"))
        #expect(try reason("odd.npy", bytes([1, 257], UInt16.self) + [0]).contains("multiple of 2"))
        #expect(try reason("cut.npy", Array(header("<u2", "3,").prefix(30))).contains("header"))
        #expect(try reason("far.npy", bytes([97, 258], UInt16.self)).contains("the id 258 at position 1"))
        #expect(try reason("type.npy", bytes([97, 257], UInt32.self), element: .uint8).contains("no end-of-sequence"))
    }

    @Test func withoutAnEndDocumentsCannotBeTold() throws {
        let path = try directory.write("a.npy", bytes([97, 98], UInt16.self))
        #expect(throws: CorpusError.noEndOfSequence(file: path, tokens: 0, id: nil)) {
            try documents([path], end: nil)
        }
    }

    /// Lengths, byte offsets and the document index as Megatron-LM writes them.
    private func megatron(
        _ sequences: [[Int]], documents: [Int], code: UInt8 = 8, name: String = "m"
    ) throws -> (index: [UInt8], data: [UInt8]) {
        let data = sequences.flatMap { bytes($0, UInt16.self) }
        var offset = 0
        let offsets = sequences.map { sequence in
            defer { offset += sequence.count * 2 }
            return offset
        }
        let index =
            Array("MMIDIDX".utf8) + [0, 0] + bytes([1], UInt64.self) + [code]
            + bytes([sequences.count], UInt64.self) + bytes([documents.count], UInt64.self)
            + bytes(sequences.map(\.count), Int32.self) + bytes(offsets, Int64.self) + bytes(documents, Int64.self)
        try directory.write(name + ".bin", data)
        try directory.write(name + ".idx", index)
        return (index, data)
    }

    @Test func aMegatronPairHasTheDocumentsOfItsIndex() throws {
        // The second document is two sequences and has its end already.
        _ = try megatron([[97, 98], [99], [100, 257], [101]], documents: [0, 1, 3, 4])
        let expected: [[Int32]] = [[97, 98, 257], [99, 100, 257], [101, 257]]
        for name in ["m.idx", "m.bin", "m", "."] {
            #expect(try documents([directory.file(name)]) == expected, "\(name)")
        }
    }

    /// 256 sequences that are all the same 256 Ki tokens are one document of 2^26; one more is too many.
    @Test func overlappingSequencesDoNotFillTheMemory() throws {
        let data = [UInt8](repeating: 0, count: 1 << 19)
        let count = 257
        let index =
            Array("MMIDIDX".utf8) + [0, 0] + bytes([1], UInt64.self) + [8] + bytes([count], UInt64.self)
            + bytes([2], UInt64.self) + bytes([Int](repeating: 1 << 18, count: count), Int32.self)
            + bytes([Int](repeating: 0, count: count), Int64.self) + bytes([0, count], Int64.self)
        try directory.write("m.bin", data)
        let path = try directory.write("m.idx", index)
        #expect(
            throws: CorpusError.badTokenArray(file: path, reason: "document 0 has more than \(1 << 26) tokens")
        ) { try documents([path]) }
    }

    @Test func aDamagedMegatronIndexIsRefused() throws {
        let (index, data) = try megatron([[97, 98], [99]], documents: [0, 1, 2])
        func refused(_ change: (inout [UInt8]) -> Void, data: [UInt8]) throws -> Bool {
            var changed = index
            change(&changed)
            try directory.write("m.idx", changed)
            try directory.write("m.bin", data)
            do {
                _ = try documents([directory.file("m.idx")])
                return false
            } catch is CorpusError {
                return true
            }
        }
        #expect(try !refused({ _ in }, data: data))
        #expect(try refused({ $0[0] = 0 }, data: data))
        #expect(try refused({ $0[9] = 2 }, data: data))
        #expect(try refused({ $0[17] = 7 }, data: data))
        #expect(try refused({ $0[25] = 0x7F }, data: data))
        #expect(try refused({ $0.removeLast() }, data: data))
        #expect(try refused({ $0[34 + 3] = 0x80 }, data: data))
        #expect(try refused({ $0[34 + 8 + 7] = 0x7F }, data: data))
        #expect(try refused({ $0[34 + 24] = 9 }, data: data))
        #expect(try refused({ _ in }, data: Array(data.dropLast())))
    }
}
