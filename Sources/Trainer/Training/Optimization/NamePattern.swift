/// A pattern of names, in which `*` stands for any characters, dots among them, and everything else for itself. It is held against a
/// whole name.
struct NamePattern: Sendable, Equatable {
    /// The pattern as it was given.
    let text: String
    /// What the name has between its stars, in order.
    private let pieces: [[UInt8]]

    init(_ text: String) {
        self.text = text
        pieces = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    /// Whether the name is of the pattern. Complexity: the product of both lengths, whatever the pattern.
    func matches(_ name: String) -> Bool {
        guard pieces.count > 1 else { return name == text }
        let (name, first, last) = (Array(name.utf8), pieces[0], pieces[pieces.count - 1])
        guard name.count >= first.count + last.count, name.starts(with: first), name.suffix(last.count) == last[...]
        else { return false }
        // Each piece at the first place where it is: what is left for those behind it is then the most.
        var rest = name[first.count..<name.count - last.count]
        for piece in pieces[1..<pieces.count - 1] where !piece.isEmpty {
            guard let place = rest.firstRange(of: piece) else { return false }
            rest = rest[place.upperBound...]
        }
        return true
    }
}
