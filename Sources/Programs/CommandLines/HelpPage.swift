/// The pages of `--help`, as the parser writes them but for one line that it does not break.
package enum HelpPage {
    private static let usage = "USAGE: "

    /// The text with its line of usage broken between arguments, so that it fits; anything else as it is.
    package static func fitted(_ text: String, columns: Int) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.hasPrefix(usage) ? broken($0, columns: columns) : String($0)
        }.joined(separator: "\n")
    }

    private static func broken(_ line: Substring, columns: Int) -> String {
        var lines = [""]
        // A flag stays with its value, brackets with what they hold.
        for part in line.matches(of: /\[[^\]]*\]|--\S+ <[^>]*>(?: \.\.\.)?|\S+/).map({ String($0.output) }) {
            let last = lines[lines.count - 1]
            if last.isEmpty || last.count + 1 + part.count <= columns {
                lines[lines.count - 1] += (last.isEmpty ? "" : " ") + part
            } else {
                lines.append(String(repeating: " ", count: usage.count + 2) + part)
            }
        }
        return lines.joined(separator: "\n")
    }
}
