/// A key for `Authorization: Bearer`. It prints as itself nowhere: not in errors, logs or dumps.
package struct APIKey: Sendable, Equatable {
    let text: String

    /// Takes visible ASCII only, at least one character: anything else could end the header field and start another.
    ///
    /// - Throws: `HTTPClientError.badKey`.
    package init(_ text: String) throws(HTTPClientError) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw .badKey }
        self.text = text
    }
}

extension APIKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "APIKey(hidden)" }
    package var debugDescription: String { description }
    /// A mirror without children, so that `dump` does not show the key.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
