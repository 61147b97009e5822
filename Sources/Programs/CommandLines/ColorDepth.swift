/// How many colours a terminal shows, as its environment says.
package enum ColorDepth: Sendable {
    /// The eight that every colour terminal has, by their names.
    case named
    /// The palette of 256 that xterm has.
    case palette
    /// 24 bits.
    case full

    /// nil: no colours: NO_COLOR is set and not empty (no-color.org), or TERM is `dumb` or missing.
    package init?(environment: [String: String]) {
        let terminal = environment["TERM"] ?? ""
        guard environment["NO_COLOR"] ?? "" == "", terminal != "", terminal != "dumb" else { return nil }
        self.init(terminal: terminal, colorTerminal: environment["COLORTERM"] ?? "")
    }

    /// Depth where colours are wanted in any case: a file or a pager is told no TERM.
    package static func wanted(environment: [String: String]) -> ColorDepth {
        ColorDepth(terminal: environment["TERM"] ?? "", colorTerminal: environment["COLORTERM"] ?? "")
    }

    private init(terminal: String, colorTerminal: String) {
        if ["truecolor", "24bit"].contains(colorTerminal) || terminal.hasSuffix("-direct") {
            self = .full
        } else {
            self = terminal.contains("256color") ? .palette : .named
        }
    }
}
