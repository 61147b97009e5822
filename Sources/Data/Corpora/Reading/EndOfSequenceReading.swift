import Checkpoints
import Tokenizers

/// Where a model's files name ends of sequence, and whether they agree. Pure.
struct EndOfSequenceReading {
    let found: EndOfSequence
    /// What a user should know: one line each.
    private(set) var remarks: [String] = []
    private let tokenizer: Tokenizer
    /// Ids from there on end nothing.
    private let limit: Int

    /// - Parameters:
    ///   - model: config.json.
    ///   - generation: generation_config.json, whose ids end completions too, as in `transformers`.
    ///   - rows: of the embedding; nil where config.json does not say.
    init(model: ConfigurationObject?, generation: ConfigurationObject?, tokenizer: Tokenizer, rows: Int?) throws {
        self.tokenizer = tokenizer
        limit = min(max(0, rows ?? tokenizer.vocabularySize), Int(Int32.max))
        let (ofModel, modelRemarks) = try Self.usable(model, tokenizer, limit)
        let (ofGeneration, generationRemarks) = try Self.usable(generation, tokenizer, limit)
        let largest = limit
        let own = tokenizer.endOfSequence.flatMap { Int($0) < largest ? $0 : nil }
        let named = ofModel + ofGeneration
        found = EndOfSequence(named.isEmpty ? [own].compactMap(\.self) : named, tokenizer: own)
        remarks = modelRemarks + generationRemarks
        remarks += [tokenizerRemark(isNamed: !named.isEmpty, own), generationRemark(ofModel, ofGeneration)]
            .compactMap(\.self)
    }

    private static func usable(
        _ configuration: ConfigurationObject?, _ tokenizer: Tokenizer, _ limit: Int
    ) throws -> (ids: [Int32], remarks: [String]) {
        guard let configuration else { return ([], []) }
        let ids = try ids(configuration)
        let usable = ids.compactMap { (0..<limit).contains($0) ? Int32($0) : nil }
        var remarks: [String] = []
        if usable.count < ids.count {
            let outside = ids.filter { !(0..<limit).contains($0) }.map(String.init).joined(separator: ", ")
            remarks.append(
                "\(configuration.file): eos_token_id \(outside) is outside the vocabulary of \(limit): it ends nothing")
        }
        for id in usable where tokenizer.token(ofID: id) == nil {
            remarks.append("\(configuration.file): eos_token_id \(id) is no token of the tokenizer: no text holds it")
        }
        return (usable, remarks)
    }

    /// `eos_token_id` is a number or a list of numbers.
    private static func ids(_ configuration: ConfigurationObject) throws -> [Int] {
        if let id = try? configuration.optionalInt("eos_token_id") { return [id] }
        return try configuration.optionalInts("eos_token_id") ?? []
    }

    /// - Parameter isNamed: whether config.json or generation_config.json names an end.
    private func tokenizerRemark(isNamed: Bool, _ own: Int32?) -> String? {
        guard let end = found.documentEnd else {
            return "no end-of-sequence: neither config.json, generation_config.json nor the tokenizer's eos_token "
                + "names one. Documents are not closed, and completions end for want of room"
        }
        guard isNamed else {
            return "neither config.json nor generation_config.json names an eos_token_id: the tokenizer's "
                + "eos_token \(name(end)) closes documents and ends completions"
        }
        guard let own, own != end else { return nil }
        let stops = found.contains(own) ? "a completion ends with either" : "a completion does not end with it"
        return "eos_token_id is \(name(end)), the tokenizer's eos_token is \(name(own)): documents are closed by "
            + "\(end), \(stops)"
    }

    private func generationRemark(_ ofModel: [Int32], _ ofGeneration: [Int32]) -> String? {
        guard let first = ofModel.first, !ofGeneration.isEmpty, !ofGeneration.contains(first) else { return nil }
        return "config.json names the end of sequence \(name(first)), generation_config.json "
            + "\(ofGeneration.map(name).joined(separator: ", ")): documents are closed by \(first), a completion ends "
            + "with any of them"
    }

    private func name(_ id: Int32) -> String {
        "\(id)" + (tokenizer.token(ofID: id).map { " (\($0.debugDescription))" } ?? "")
    }
}
