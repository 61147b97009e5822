import Foundation

/// What is wrong with a file that describes a run, in words that name the file.
package struct RunFileError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// Text of a file, without the byte order mark that some editors put first.
    static func text(_ path: String) throws -> String {
        let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }
}
