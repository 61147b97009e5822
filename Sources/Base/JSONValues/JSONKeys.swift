/// The keys of one object, told apart by their bytes. Swift's own `String` equality would take "é" in its two Unicode
/// forms for one key; JSON (and a tokenizer's vocabulary) does not.
package struct JSONKeys: Sendable {
    struct Key: Hashable, Sendable {
        let text: String

        static func == (left: Key, right: Key) -> Bool {
            left.text.utf8.elementsEqual(right.text.utf8)
        }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    private static let linearLimit = 8

    /// The keys in the order of their insertion.
    package private(set) var ordered: [String] = []
    private var positions: [Key: Int] = [:]  // filled only beyond linearLimit keys

    package init() {}

    /// How many keys there are.
    package var count: Int { ordered.count }

    /// Whether a key of the same bytes is there. O(1), a short search up to eight keys.
    package func contains(_ key: String) -> Bool { position(of: key) != nil }

    /// The place of a key in `ordered`; nil where it is not there.
    package func position(of key: String) -> Int? {
        if ordered.count > Self.linearLimit { return positions[Key(text: key)] }
        return ordered.firstIndex { $0.utf8.elementsEqual(key.utf8) }
    }

    /// Adds a key at the end and returns true; false, and nothing changed, if the key is there already.
    package mutating func insert(_ key: String) -> Bool {
        guard position(of: key) == nil else { return false }
        ordered.append(key)
        if ordered.count == Self.linearLimit + 1 {
            for (at, key) in ordered.enumerated() { positions[Key(text: key)] = at }
        } else if ordered.count > Self.linearLimit {
            positions[Key(text: key)] = ordered.count - 1
        }
        return true
    }
}
