/// An object's members in the order written, found by key in constant time. Keys are told apart by their bytes.
package struct JSONObject: Hashable, Sendable {
    /// The members' keys, in the order written.
    package private(set) var keys = JSONKeys()
    /// The members' values, in the order of `keys`.
    package private(set) var values: [JSONValue] = []

    package init() {}

    init(keys: JSONKeys, values: [JSONValue]) {
        precondition(keys.count == values.count)
        self.keys = keys
        self.values = values
    }

    /// How many members the object has.
    package var count: Int { values.count }
    package var isEmpty: Bool { values.isEmpty }

    /// The member under a key; nil where there is no such key, `.null` where it is null. Setting nil is no removal: it is refused.
    package subscript(key key: String) -> JSONValue? {
        get { keys.position(of: key).map { values[$0] } }
        set {
            guard let newValue else { preconditionFailure("a member cannot be removed") }
            if let position = keys.position(of: key) {
                values[position] = newValue
            } else {
                _ = keys.insert(key)
                values.append(newValue)
            }
        }
    }

    /// The members in the order written.
    package var members: Zip2Sequence<[String], [JSONValue]> { zip(keys.ordered, values) }

    /// Whether keys and values are equal in their order; keys by their bytes.
    package static func == (left: Self, right: Self) -> Bool {
        left.values == right.values
            && left.keys.ordered.elementsEqual(right.keys.ordered) { $0.utf8.elementsEqual($1.utf8) }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(values)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key: key] = value }
    }
}
