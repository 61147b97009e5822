import Formats
import Testing

struct FormatTests {
    @Test(arguments: [
        ("plain, ünïcode, 中文\n\tnext", "plain, ünïcode, 中文\n\tnext"),
        ("\u{1B}]0;title\u{07}\u{1B}[2J", "\u{FFFD}]0;title\u{FFFD}\u{FFFD}[2J"),
        ("a\rb\u{9B}c", "a\u{FFFD}b\u{FFFD}c"),
        ("x\u{202E}y", "x\u{FFFD}y"), ("\r\n", "\u{FFFD}\n"),
    ])
    func whatATerminalWouldTakeForACommandIsReplaced(_ text: String, _ expected: String) {
        #expect(Format.printable(text) == expected)
    }
}
