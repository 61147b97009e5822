import Foundation

/// A member of a value's JSON that is no object itself, with the way to it. Found in the JSON, so that a new field cannot be forgotten.
package struct CodedLeaf {
    /// Names from the value down, joined by dots.
    package let path: String
    /// The elements in words, one by one, where the member is an array; else nil.
    package let elements: [String]?
    /// The member in words, as messages and lists of changes show it.
    package let text: String

    /// All members of a value's JSON that are no objects, in no order. A value that is no object is one member, without a path.
    ///
    /// - Throws: `EncodingError` for a number that JSON has not.
    package static func all(of value: some Encodable) throws -> [CodedLeaf] {
        var leaves: [CodedLeaf] = []
        func visit(_ path: String, _ value: Any) {
            guard let members = value as? [String: Any] else {
                let elements = (value as? [Any]).map { $0.map { "\($0)" } }
                return leaves.append(CodedLeaf(path: path, elements: elements, text: "\(value)"))
            }
            for (name, member) in members { visit(path.isEmpty ? name : path + "." + name, member) }
        }
        visit(
            "", try JSONSerialization.jsonObject(with: Data(StateCoding.state.bytes(value)), options: .fragmentsAllowed)
        )
        return leaves
    }
}
