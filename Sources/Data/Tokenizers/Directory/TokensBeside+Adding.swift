extension TokensBeside {
    /// Adds the tokens, and returns what a user should know of it.
    func add(to list: inout AddedTokenList) throws -> [String] {
        var new: [String: [String]] = [:]
        var changed: [String: [String]] = [:]
        for addition in additions {
            let before = list.definition(of: addition.token.content)
            guard let id = try list.add(addition.token) else { continue }
            let name = "\(addition.token.text.debugDescription) (\(id))"
            if before == nil {
                new[addition.file, default: []].append(name)
            } else if before != list.definition(of: addition.token.content) {
                changed[addition.file, default: []].append(name)
            }
        }
        var otherwise: [String: [String]] = [:]
        for one in numbered.sorted(by: { $0.id < $1.id }) where !one.token.content.isEmpty {
            let id = list.id(of: one.token.content).map(Int.init)
            guard id != one.id else { continue }
            otherwise[one.file, default: []].append(
                "\(one.token.text.debugDescription) the id \(one.id), it gets \(id.map(String.init) ?? "none")")
        }
        let lost = Dictionary(grouping: unlisted, by: { _ in "added_tokens_decoder" }).mapValues {
            $0.map { "\($0.content.debugDescription) (\($0.id))" }
        }
        let normalizer = classWithoutNormalizer.map {
            "tokenizer.json has a normalizer, which \($0) of transformers leaves out, and remit does not: a text that begins with a blank, or "
                + "goes on behind an added token, may get other ids there"
        }
        return [normalizer].compactMap { $0 }
            + Self.lines(lost) {
                "\($0) lacks added tokens of tokenizer.json, which this class of transformers would spell out, and remit does not: \($1)"
            }
            + Self.lines(new) {
                "\($0) names added tokens that tokenizer.json lacks, read as transformers reads them: \($1)"
            }
            + Self.lines(changed) {
                "\($0) describes added tokens otherwise than tokenizer.json, and counts, as in transformers: \($1)"
            }
            + Self.lines(otherwise) {
                "\($0) numbers added tokens otherwise than transformers, which numbers them itself and is followed: it gives \($1)"
            }
    }

    private static func lines(_ found: [String: [String]], _ line: (String, String) -> String) -> [String] {
        found.sorted { $0.key < $1.key }.map { file, names in
            let more = names.count > 10 ? " and \(names.count - 10) more" : ""
            return line(file, names.prefix(10).joined(separator: ", ") + more)
        }
    }
}
