/// An added token that has no id yet.
struct AddedTokenDefinition: Equatable, Sendable {
    var content: [UInt8]
    var isSingleWord = false
    var stripsLeft = false
    var stripsRight = false
    var isNormalized = false
    var isSpecial = true

    var text: String { String(decoding: content, as: UTF8.self) }
}

extension AddedTokenDefinition {
    init(_ token: AddedToken) {
        self.init(
            content: Array(token.content.utf8), isSingleWord: token.isSingleWord, stripsLeft: token.stripsLeft,
            stripsRight: token.stripsRight, isNormalized: token.isNormalized, isSpecial: token.isSpecial)
    }

    /// Python's `AddedToken(**fields)`: unknown fields do not count, absent flags are false, and `normalized` is the opposite of
    /// `special` where it is absent.
    ///
    /// - Parameter isSpecial: stands for the field where it is given.
    init(pythonKeywords fields: JSONFields, isSpecial given: Bool? = nil) throws {
        func flag(_ name: String) throws -> Bool? {
            guard let node = fields.member(name) else { return nil }
            guard case .bool(let value) = node else { throw fields.wrongType(name, expected: "a boolean", got: node) }
            return value
        }
        let isSpecial = try given ?? flag("special") ?? false
        self.init(
            content: try fields.optionalBytes("content") ?? [], isSingleWord: try flag("single_word") ?? false,
            stripsLeft: try flag("lstrip") ?? false, stripsRight: try flag("rstrip") ?? false,
            isNormalized: try flag("normalized") ?? !isSpecial, isSpecial: isSpecial)
    }
}
