import CommandLines
import Testing

struct ColorDepthTests {
    @Test(arguments: [
        (["TERM": "xterm"], ColorDepth.named), (["TERM": "xterm-256color"], .palette),
        (["TERM": "xterm-256color", "COLORTERM": "truecolor"], .full), (["TERM": "tmux", "COLORTERM": "24bit"], .full),
        (["TERM": "xterm-direct"], .full), (["TERM": "xterm", "NO_COLOR": ""], .named), (["TERM": "dumb"], nil),
        ([:], nil), (["TERM": "xterm-256color", "NO_COLOR": "1"], nil), (["COLORTERM": "truecolor"], nil),
    ])
    func theEnvironmentSaysHowMany(_ environment: [String: String], _ expected: ColorDepth?) {
        #expect(ColorDepth(environment: environment) == expected)
    }

    /// Where colours are asked for, nothing turns them off.
    @Test func wantedColoursAreThere() {
        #expect(ColorDepth.wanted(environment: [:]) == .named)
        #expect(ColorDepth.wanted(environment: ["NO_COLOR": "1", "COLORTERM": "truecolor"]) == .full)
    }
}
