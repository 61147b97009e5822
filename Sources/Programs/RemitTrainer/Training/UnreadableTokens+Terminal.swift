import CommandLines
import Corpora
import Formats
import System
import Training

extension UnreadableTokens {
    /// Throws for the first document that holds one, or where the run is to stop.
    func check(_ corpus: Corpus, _ terminal: Terminal, _ stop: StopFlag) throws {
        try check(corpus) { share in
            try stop.throwIfRequested()
            terminal.status("looking for tokens that cannot be read: \(Format.percent(share))")
        }
    }
}

extension LoadingNotices {
    /// Notices on a terminal.
    init(_ terminal: Terminal) { self.init(line: { terminal.line($0) }, progress: { terminal.progress($0) }) }
}
