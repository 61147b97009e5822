/// The fields of a message, in their order, with repeated names kept apart.
///
/// A received value has no ASCII control but tab; bytes that are no UTF-8 have become U+FFFD. (The C1 controls of Unicode may
/// be in it: a log must escape them.)
///
/// Names compare without regard to case. A list of fewer than a hundred short names is searched faster than it is hashed.
package struct HTTPFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One field line.
    package struct Field: Sendable, Hashable {
        /// The name in the case that it was given in; comparisons ignore case.
        package let name: String
        /// The value; a received one is without the white space around it.
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Every field in the order of the message; a repeated name stands here as often as it came.
    package private(set) var all: [Field]

    /// Takes the fields as they are: nothing is checked here. What would break a response is refused when its head is written.
    package init(_ all: [Field] = []) { self.all = all }

    package init(dictionaryLiteral elements: (String, String)...) {
        all = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// The first value of that name, or nil; setting replaces every field of that name with one at the end, and nil removes them.
    package subscript(name: String) -> String? {
        get { all.first { $0.name.equalsIgnoringCase(name) }?.value }
        set {
            all.removeAll { $0.name.equalsIgnoringCase(name) }
            if let newValue { all.append(Field(name: name, value: newValue)) }
        }
    }

    /// The values of every field of that name, in order; empty where there is none.
    package func values(_ name: String) -> [String] {
        all.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// Adds a field at the end and keeps those that have the name already.
    package mutating func append(_ name: String, _ value: String) { all.append(Field(name: name, value: value)) }

    /// Whether one of the comma-separated elements of these fields is `token`: `Connection: keep-alive, close`.
    package func hasToken(_ token: String, in name: String) -> Bool {
        all.contains { field in
            field.name.equalsIgnoringCase(name)
                && field.value.utf8.split(separator: UInt8(ascii: ",")).contains {
                    Substring($0).trimmingSpaces.equalsIgnoringCase(token)
                }
        }
    }
}

extension StringProtocol {
    /// ASCII only: a field name or token has nothing else.
    func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        let (left, right) = (utf8, other.utf8)
        return left.count == right.count && zip(left, right).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension Substring {
    var trimmingSpaces: Substring {
        let isSpace = { (byte: UInt8) in byte == .space || byte == .tab }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return self[first...last]
    }
}
