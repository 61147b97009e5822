import Testing
import Tokenizers

@Suite struct FingerprintTests {
    private static let plain = SmallTokenizer(normalizer: #"{"type": "NFC"}"#)

    @Test(arguments: [
        SmallTokenizer(normalizer: plain.normalizer, merges: #"[["a", "b"], ["c", "d"], ["ab", "cd"]]"#),
        SmallTokenizer(normalizer: plain.normalizer, merges: ##"["#version: 0.2", "a b", "c d", "ab cd"]"##),
        SmallTokenizer(normalizer: #"{"type": "Sequence", "normalizers": [{"type": "NFC"}]}"#),
        SmallTokenizer(
            normalizer: plain.normalizer, addedTokens: "[\(SmallTokenizer.added("<x>", id: 10, "special"))]"),
        SmallTokenizer(
            normalizer: plain.normalizer,
            postProcessor: #"{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true}"#),
        SmallTokenizer(normalizer: plain.normalizer, decoder: #"{"type": "Fuse"}"#),
        SmallTokenizer(
            normalizer: plain.normalizer,
            modelOptions:
                #""type": "BPE", "unk_token": "<unk>", "dropout": null, "fuse_unk": false, "ignore_merges": false"#
        ),
        SmallTokenizer(
            normalizer: plain.normalizer,
            vocabulary:
                #"{"▁": 9, "abcd": 8, "<unk>": 0, "a": 1, "b": 2, "c": 3, "d": 4, " ": 5, "ab": 6, "cd": 7}"#),
    ])
    func staysWhereIdsStay(tokenizer: SmallTokenizer) throws {
        #expect(try tokenizer.make().fingerprint == Self.plain.make().fingerprint)
    }

    @Test func changesWithWhatChangesIds() throws {
        let byteLevel = #"{"type": "ByteLevel", "add_prefix_space": %, "trim_offsets": true}"#
        let split = #"{"type": "Split", "pattern": {"%": "a"}, "behavior": "Isolated", "invert": false}"#
        let variants = [
            Self.plain, SmallTokenizer(), SmallTokenizer(normalizer: #"{"type": "NFKC"}"#),
            SmallTokenizer(preTokenizer: byteLevel.replacing("%", with: "false")),
            SmallTokenizer(preTokenizer: byteLevel.replacing("%", with: "true")),
            SmallTokenizer(preTokenizer: split.replacing("%", with: "String")),
            SmallTokenizer(preTokenizer: split.replacing("%", with: "Regex")),
            SmallTokenizer(preTokenizer: split.replacing("%", with: "Regex").replacing("false", with: "true")),
            SmallTokenizer(modelOptions: #""type": "BPE""#),
            SmallTokenizer(modelOptions: #""type": "BPE", "unk_token": "<unk>", "fuse_unk": true"#),
            SmallTokenizer(modelOptions: #""type": "BPE", "unk_token": "<unk>", "ignore_merges": true"#),
            SmallTokenizer(modelOptions: #""type": "BPE", "unk_token": "<unk>", "byte_fallback": true"#),
            SmallTokenizer(merges: #"["c d", "a b", "ab cd"]"#), SmallTokenizer(merges: #"["a b", "c d"]"#),
            SmallTokenizer(
                vocabulary:
                    #"{"<unk>": 0, "a": 1, "b": 2, "c": 3, "d": 4, " ": 5, "ab": 7, "cd": 6, "abcd": 8, "▁": 9}"#),
        ]
        let fingerprints = try variants.map { try $0.make().fingerprint }
        #expect(Set(fingerprints).count == variants.count)
    }
}
