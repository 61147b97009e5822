import CommandLines
import Corpora
import Formats
import System
import Training

extension UnreadableTokens {
    /// Throws for the first document that holds one, or where the run is to stop.
    ///
    /// - Parameter domains: numbers in `Corpus.domains` of those that are looked at; nil: all documents.
    func check(_ corpus: Corpus, domains: Set<Int>? = nil, _ terminal: Terminal, _ stop: StopFlag) throws {
        try check(corpus, domains: domains) { share in
            try stop.throwIfRequested()
            terminal.status("looking for tokens that cannot be read: \(Format.percent(share))")
        }
    }
}

extension LoadingNotices {
    /// Notices on a terminal.
    init(_ terminal: Terminal) { self.init(line: { terminal.line($0) }, progress: { terminal.progress($0) }) }
}
