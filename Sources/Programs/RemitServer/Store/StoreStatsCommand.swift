import ArgumentParser
import Digests
import Foundation
import JSONValues
import ScoreStores

struct StoreStatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Say what is stored: segments, tokens and times of use by scores fingerprint.")

    @OptionGroup var store: StoreArguments

    func run() throws {
        let statistics = try store.withStore(readOnly: true) { try $0.statistics() }
        store.show(Self.table(statistics)) { writer in
            writer.field("segments", statistics.segments)
            writer.field("tokens", statistics.tokens)
            writer.field("file_bytes", statistics.fileBytes)
            writer.field("live_bytes", statistics.liveBytes)
            writer.field("log_bytes", statistics.logBytes)
            writer.key("fingerprints")
            writer.array { writer in
                for model in statistics.byFingerprint {
                    writer.element()
                    Self.write(model, to: &writer)
                }
            }
        }
    }

    private static func write(_ model: ScoreStoreStatistics.Fingerprint, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("scores_fingerprint", model.scoresFingerprint.hex)
            writer.field("segments", model.segments)
            writer.field("tokens", model.tokens)
            writer.field("oldest_use", StoreArguments.date(model.oldestUse))
            writer.field("newest_use", StoreArguments.date(model.newestUse))
        }
    }

    private static func table(_ statistics: ScoreStoreStatistics) -> String {
        let models = statistics.byFingerprint.map { model in
            "\(model.scoresFingerprint.hex)  \(model.segments) segments, \(model.tokens) tokens, used from "
                + "\(StoreArguments.date(model.oldestUse)) to \(StoreArguments.date(model.newestUse))"
        }
        let sum =
            "\(statistics.segments) segments, \(statistics.tokens) tokens; \(statistics.liveBytes) bytes in use of a file of "
            + "\(statistics.fileBytes), \(statistics.logBytes) in the write-ahead log"
        return (models + [sum]).joined(separator: "\n")
    }
}
