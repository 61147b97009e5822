import Corpora
import TestSupport
import Testing
import Tokenizers

/// Pre-tokenized corpora. Ids are those of `ByteTokenizer`: 258 of them, so that a bare array is of uint16.
struct TokenArrayTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func tokens(
        _ paths: [String], end: Int32? = ByteTokenizer.end, other: Int32? = nil, element: TokenElement? = nil
    ) throws -> TokenFile {
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(),
            endOfSequence: EndOfSequence([end].compactMap(\.self), tokenizer: other))
        return try TokenCache(directory: directory.file("cache")).tokenFile(
            CorpusFiles(paths), fields: RecordFields(bareElement: element), encoder: encoder)
    }

    private func documents(
        _ paths: [String], end: Int32? = ByteTokenizer.end, element: TokenElement? = nil
    ) throws -> [[Int32]] {
        let tokens = try self.tokens(paths, end: end, element: element)
        return try (0..<tokens.documentCount).map { index in
            let entry = tokens.entry(index)
            var ids: [Int32] = []
            try tokens.appendTokens(from: entry.tokenOffset, count: entry.tokenCount, to: &ids)
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

    /// For a sample of a file that is larger than the memory and the disk: the reading ends where it is told to.
    @Test func theBeginningOfAnArrayIsReadAlone() throws {
        struct Enough: Error {}
        let document = (0..<99).map { _ in 97 } + [257]
        let files = [
            ("bare.npy", [UInt8]()), ("u2.npy", header("<u2", "3000000,")),
        ].map { ($0, $1 + bytes([[Int]](repeating: document, count: 30_000).flatMap(\.self), UInt16.self)) }
        let encoder = DocumentEncoder(
            tokenizer: try ByteTokenizer.make(), endOfSequence: EndOfSequence([ByteTokenizer.end]))
        for (name, contents) in files {
            let file = try #require(try CorpusFiles([directory.write(name, contents)]).files.first)
            let documents = TokenDocuments(file, bareElement: nil, encoder: encoder)
            let layout = try documents.layout()
            #expect(layout.bytesOfID == 2 && layout.isBare == (name == "bare.npy"))
            let read = ByteCounter()
            var lengths: [Int] = []
            #expect(throws: Enough.self) {
                try documents.forEach(counter: read) { document in
                    guard lengths.count < 3 else { throw Enough() }
                    lengths.append(document.tokenIDs.count)
                }
            }
            #expect(lengths == [100, 100, 100] && read.bytes < contents.count / 2)
        }
    }

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

    private func reason(
        _ name: String, _ contents: [UInt8], end: Int32? = ByteTokenizer.end, element: TokenElement? = nil
    ) throws -> String {
        let path = try directory.write(name, contents)
        do {
            _ = try documents([path], end: end, element: element)
            return "accepted"
        } catch let error as CorpusError {
            return error.description.replacing(directory.path, with: "")
        }
    }

    /// Read as pairs, every second id would be 0; with 0 as the end, each token would be a document of its own.
    @Test(arguments: [Int32(0), ByteTokenizer.end])
    func anArrayOfAWiderTypeIsNotReadAsPairs(_ end: Int32) throws {
        let ids = [97, 98, Int(end), 99, Int(end)]
        for (name, contents, likely) in [
            ("u4", bytes(ids, UInt32.self), "uint32"), ("i4", bytes(ids, Int32.self), "uint32"),
            ("u8", bytes(ids, UInt64.self), "uint64"), ("i8", bytes(ids, Int64.self), "uint64"),
        ] {
            for element in [nil, TokenElement.uint16] {
                let reason = try self.reason(name + ".npy", contents, end: end, element: element)
                #expect(reason.contains("--npy-dtype \(likely)"), "\(name): \(reason)")
            }
        }
        #expect(try reason("u8.npy", bytes(ids, UInt64.self), end: end, element: .uint32).contains("dtype uint64"))
        #expect(
            try reason("u2.npy", bytes([97, Int(end) % 256, 98], UInt16.self), end: 0, element: .uint8).contains(
                "dtype uint16"))
        // A large array is found out at its beginning, long before its end, which here would be out of the vocabulary.
        let many = bytes((0..<600_000).map { $0 % 200 + 1 }, UInt32.self) + bytes([70_000], UInt32.self)
        #expect(try reason("many.npy", many, end: end).contains("dtype uint32"))
        #expect(try documents([directory.file("u4.npy")], end: end, element: .uint32) == [[97, 98, end], [99, end]])
    }

    @Test func theTypeThatIsTakenForGrantedIsSaid() throws {
        let bare = try directory.write("bare.npy", bytes(ids, UInt16.self))
        let whole = try directory.write("whole.npy", header("<u2", "8,") + bytes(ids, UInt16.self))
        #expect(try tokens([bare, whole]).summary.bareArrays == BareArrays(files: 1, element: "uint16"))
        #expect(
            try tokens([bare, whole]).summary.remarks.first?.contains("1 .npy file without header read as uint16")
                == true)
        #expect(try tokens([bare], element: .uint16).summary.remarks.isEmpty)
        #expect(try tokens([whole]).summary.remarks.isEmpty)
    }

    @Test func whatIsNoArrayOfIdsIsRefused() throws {
        #expect(try reason("float.npy", header("<f4", "2,") + bytes([1, 2], UInt32.self)).contains("'<f4'"))
        #expect(try reason("big.npy", header(">u2", "2,") + bytes([1, 2], UInt16.self)).contains("'>u2'"))
        #expect(try reason("plane.npy", header("<u2", "2, 2") + bytes([1, 2, 3, 4], UInt16.self)).contains("(2, 2)"))
        #expect(try reason("short.npy", header("<u2", "3,") + bytes([1, 257], UInt16.self)).contains("3 elements"))
        for (descr, count) in [("<u2", "\(Int.max)"), ("<i4", "4611686018427387904"), ("<u8", "99999999999999999999")] {
            let lying = header(descr, count + ",") + bytes([1, 257], UInt16.self)
            #expect(try reason("lying.npy", lying).contains("\(count) elements, expected at most 2^52"))
            #expect(throws: CorpusError.self) { try TokenItems(directory.file("lying.npy"), bareElement: nil) }
        }
        #expect(try reason("odd.npy", bytes([1, 257], UInt16.self) + [0]).contains("multiple of 2"))
        #expect(try reason("cut.npy", Array(header("<u2", "3,").prefix(30))).contains("header"))
        #expect(try reason("far.npy", bytes([97, 258], UInt16.self)).contains("the id 258 at position 1"))
        #expect(try reason("minus.npy", header("<i4", "2,") + bytes([97, -1], Int32.self)).contains("the id -1 at"))
        #expect(try reason("huge.npy", header("<u8", "1,") + bytes([Int.max], UInt64.self)).contains("the id 92233"))
        let structured = header("x", "2,").split(separator: Array("'x'".utf8)).joined(separator: Array("[ ]".utf8))
        #expect(try reason("structured.npy", Array(structured) + [0, 0]).contains("a structured type"))
        #expect(try reason("point.npy", header("<i4", "") + bytes([97], Int32.self)).contains("one dimension"))
        let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:0".utf8)
        #expect(try reason("pointer.npy", pointer).contains("git lfs pull"))
        #expect(try reason("type.npy", bytes([97, 257], UInt32.self), element: .uint8).contains("no end-of-sequence"))
    }

    /// Read as it stands, a compressed array would have its packed bytes for ids.
    @Test(arguments: ["packed.npy.gz", "packed.npy.GZ", "packed.npy.Zst"])
    func nothingStandsBesideTheItemsOfACompressedArray(_ name: String) throws {
        let path = try directory.write(name, bytes([1, 257], UInt16.self))
        #expect(
            throws: CorpusError.badTokenArray(
                file: path, reason: "it is compressed; unpack it, so that its items have places")
        ) {
            try TokenItems(path, bareElement: .uint16)
        }
    }

    private func failure(_ path: String, end: Int32, other: Int32) -> CorpusError? {
        #expect(throws: CorpusError.self) { try tokens([path], end: end, other: other) }
    }

    /// config.json and tokenizer name two ends: an array that was closed by the one is not cut at the other.
    @Test func anArrayThatTheOtherEndClosesIsRefused() throws {
        let ids = [97, 257, 98, 256, 99, 257, 98, 256]
        let both = try directory.write("both.npy", bytes(ids, UInt16.self))
        #expect(failure(both, end: 257, other: 256) == .otherEndOfSequence(file: both, expected: 257, got: 256))
        #expect(try documents([both], end: 256) == [[97, 257, 98, 256], [99, 257, 98, 256]])
        // Not one of this model's ends, and cut within a document.
        let cut = try directory.write("cut.npy", bytes([97, 256, 98], UInt16.self))
        #expect(failure(cut, end: 257, other: 256) == .otherEndOfSequence(file: cut, expected: 257, got: 256))
        #expect(failure(cut, end: 257, other: 0) == .noEndOfSequence(file: cut, tokens: 3, id: 257))
    }

    /// A chat closes its turns by another token than its documents: that is said, and may be right.
    @Test func anotherEndWithinDocumentsIsSaid() throws {
        let chat = try directory.write("chat.npy", bytes([97, 256, 98, 256, 257, 99, 257, 97, 256, 257], UInt16.self))
        let summary = try tokens([chat], other: 256).summary
        #expect(summary.documents == 3 && summary.otherEnds?.documents == 2 && summary.otherEnds?.id == 256)
        #expect(summary.remarks.contains { $0.contains("2 documents hold the id 256") })
        #expect(try tokens([chat]).summary.otherEnds == nil)
        #expect(try tokens([chat], other: 0).summary.otherEnds == nil)
    }

    /// The index tells the documents of a Megatron pair: one that was closed by the other end has both in the end.
    @Test func aMegatronPairOrATextThatTheOtherEndClosesIsSaid() throws {
        _ = try megatron([[97, 256], [98, 256]], documents: [0, 1, 2])
        #expect(try tokens([directory.file("m.idx")], other: 256).summary.otherEnds?.documents == 2)
        let text = try directory.write("a.jsonl", Array(#"{"text": "ab<s>"}"#.utf8))
        let within = try directory.write("b.jsonl", Array(#"{"text": "a<s>b"}"#.utf8))
        #expect(try tokens([text, within], other: 256).summary.otherEnds?.documents == 1)
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

    /// A small index could ask for more than any memory holds.
    @Test func overlappingSequencesAreRefused() throws {
        let count = 257
        let index =
            Array("MMIDIDX".utf8) + [0, 0] + bytes([1], UInt64.self) + [8] + bytes([count], UInt64.self)
            + bytes([2], UInt64.self) + bytes([Int](repeating: 1 << 18, count: count), Int32.self)
            + bytes([Int](repeating: 0, count: count), Int64.self) + bytes([0, count], Int64.self)
        try directory.write("m.bin", [UInt8](repeating: 0, count: 1 << 19))
        let path = try directory.write("m.idx", index)
        #expect(
            throws: CorpusError.badTokenArray(
                file: path,
                reason: "sequence 1 has 262144 tokens at byte 0, but the one before ends at byte 524288")
        ) { try documents([path]) }
    }

    /// Documents that the index does not name, or data that it does not reach, would be left out in silence.
    @Test func anIndexNamesAllOfItsDataOnce() throws {
        func reason(_ documents: [Int], more: [UInt8] = [], data: [UInt8] = []) throws -> String {
            let pair = try megatron([[97, 98], [99], [100]], documents: documents)
            try directory.write("m.bin", pair.data + data)
            return try self.reason("m.idx", pair.index + more)
        }
        #expect(try reason([0, 1, 2, 3]) == "accepted")
        #expect(try reason([0, 1, 1, 3]) == "accepted")
        #expect(try reason([0, 1, 2]).contains("ends at sequence 2 of 3"))
        #expect(try reason([1, 2, 3]).contains("does not begin with sequence 0"))
        #expect(try reason([0, 2, 1, 3]).contains("goes back from sequence 2 to 1"))
        #expect(try reason([0, 4]).contains("ends at sequence 4 of 3"))
        #expect(try reason([0, -1, 3]).contains("goes back from sequence 0 to -1"))
        #expect(try reason([]).contains("does not begin with sequence 0"))
        #expect(try reason([0, 1, 2, 3], data: [1, 0]).contains("end at byte 8, but /m.bin has 10"))
        #expect(try reason([0, 3], more: [0, 0, 0]) == "accepted")
        #expect(try reason([0, 3], more: [0, 1, 0]).contains("mode other than 0"))
        #expect(try reason([0, 3], more: [0]).contains("take 86 (with modes 89)"))
    }

    @Test func elementsThatAreNoIdsAreNamed() throws {
        let (index, _) = try megatron([[97]], documents: [0, 1])
        for (code, name) in [(2, "int8"), (6, "float64"), (7, "float32"), (9, "unknown")] as [(UInt8, String)] {
            var changed = index
            changed[17] = code
            #expect(try reason("m.idx", changed).contains("type code \(code) (\(name))"))
        }
    }

    /// The index says 4 bytes an id, the data has 2.
    @Test func aTypeThatIsNotTheDatasIsRefused() throws {
        let (index, _) = try megatron([[97, 98], [99]], documents: [0, 1, 2])
        var changed = index
        changed[17] = 4
        #expect(try reason("m.idx", changed).contains("at byte 4, but the one before ends at byte 8"))
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
