import Corpora
import HTTPClient
import ScoringAPI
import ScoringClient
import Tokenizers

/// Whether a server's teacher knows the student's added tokens. The fingerprint leaves them out, since RL models bring their own: one
/// that the two do not share is named, and an error only where the corpus holds it.
package struct TeacherTokens {
    /// Ids that the teacher has no row for, or knows as something else.
    package let unreadable: UnreadableTokens
    /// A line for each kind of them.
    package let remarks: [String]

    /// Asks a server how it reads the text of the student's added tokens.
    ///
    /// - Parameter rows: of the teacher's embedding; nil where they are not known.
    /// - Throws: `ScoringClientError`, and what the tokenizer throws.
    package init(
        _ tokenizer: Tokenizer, teacher: ModelIdentity, rows: Int?, client: ScoringClient, _ options: CallOptions
    ) throws {
        let probe = try AddedTokenProbe(tokenizer)
        var unshared: [Int32] = []
        if !probe.text.isEmpty {
            let answer = try client.tokenize(
                TokenizeRequest(
                    text: probe.text, addSpecialTokens: false,
                    pins: ModelPins(
                        model: teacher.modelFingerprint, modelFingerprint: teacher.modelFingerprint,
                        tokenizerFingerprint: teacher.tokenizerFingerprint)), options)
            unshared = probe.unshared(ids: answer.tokenIDs, offsets: answer.offsets)
        }
        func name(_ id: Int32) -> String { (tokenizer.token(ofID: id) ?? "").debugDescription + " (\(id))" }
        let reasons = Dictionary(
            uniqueKeysWithValues: unshared.map {
                ($0, "it is the added token \(name($0)), which \(teacher.model) knows as another token or not at all")
            })
        unreadable = UnreadableTokens(tokenizer, rows: rows, reasons: reasons, model: teacher.model)
        let more = unshared.count > 10 ? " and \(unshared.count - 10) more" : ""
        let others =
            unshared.isEmpty
            ? nil
            : "\(teacher.model) knows added tokens of the student as other tokens or not at all: "
                + "\(unshared.prefix(10).map(name).joined(separator: ", "))\(more). A document that holds one is refused"
        remarks = [unreadable.remark.map { "\(teacher.model): \($0)" }, others].compactMap(\.self)
    }
}

extension InfoResponse {
    /// Rows of a teacher's embedding; nil where /info does not name it.
    package func rows(of teacher: ModelIdentity) -> Int? { model(of: teacher)?.vocabularySize }

    /// What computes a teacher; nil where /info does not say.
    package func engine(of teacher: ModelIdentity) -> EngineInfo? { model(of: teacher)?.engine }

    private func model(of teacher: ModelIdentity) -> ModelInfo? {
        models.first { $0.identity.modelFingerprint == teacher.modelFingerprint }
    }
}
