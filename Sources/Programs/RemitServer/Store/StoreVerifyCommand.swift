import ArgumentParser
import Digests
import JSONValues
import ScoreStores
import Scoring
import Sequences

struct StoreVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every stored value against its checksum, and the file's structure.",
        discussion: """
            A server never serves what fails these checks: it scores the segment anew.

            Exit status: 0 all is sound, 3 something was wrong (removed or not).
            """)

    static let unsound = ExitCode(3)

    @OptionGroup var store: StoreArguments

    @Flag(help: "Remove values that are wrong, and values that no segment names.")
    var remove = false

    func run() throws {
        let found = try store.withStore(readOnly: !remove) { try $0.verify(removing: remove) }
        store.show(Self.report(found)) { writer in
            writer.field("sound", found.isSound)
            writer.field("segments", found.segments)
            writer.field("tokens", found.tokens)
            writer.field("orphans", found.orphans)
            writer.field("removed", found.removed)
            writer.field("structure", found.structure)
            writer.key("corrupt")
            writer.array { writer in
                for key in found.corrupt {
                    writer.element()
                    writer.object { writer in
                        writer.field("scores_fingerprint", key.scoresFingerprint.hex)
                        writer.field("segment", key.segment.hex)
                    }
                }
            }
        }
        guard found.isSound else { throw Self.unsound }
    }

    private static func report(_ found: ScoreStoreVerification) -> String {
        let corrupt = found.corrupt.map { "corrupt: segment \($0.segment.hex) of \($0.scoresFingerprint.hex)" }
        let structure = found.structure.map { "structure: \($0)" }
        let orphans = found.orphans > 0 ? ["\(found.orphans) values that no segment names"] : []
        let sum =
            "\(found.segments) segments, \(found.tokens) tokens: "
            + (found.isSound ? "sound" : "\(found.corrupt.count) corrupt, \(found.removed) removed")
        return (corrupt + structure + orphans + [sum]).joined(separator: "\n")
    }
}
