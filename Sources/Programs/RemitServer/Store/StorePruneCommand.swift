import ArgumentParser
import CommandLines
import Digests
import Foundation
import JSONValues
import ScoreStores

struct StorePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove what is no longer wanted, and give its room back to the file system.")

    @OptionGroup var store: StoreArguments

    @Option(
        help: ArgumentHelp(
            "Remove everything scored under it (repeatable); `store stats` lists them.", valueName: "sha256"))
    var scoresFingerprint: [String] = []

    @Option(in: 0...36_500, help: ArgumentHelp("Remove what was not used for so many days.", valueName: "days"))
    var unusedDays: Int?

    @Option(
        in: ByteCount(0)...ByteCount(1 << 50),
        help: ArgumentHelp(
            "Remove the least recently used until so much is left: a size such as 20GiB.", valueName: "size"))
    var maxBytes: ByteCount?

    func validate() throws {
        guard !scoresFingerprint.isEmpty || unusedDays != nil || maxBytes != nil else {
            throw ValidationError("say what to remove: --scores-fingerprint, --unused-days or --max-bytes")
        }
        for text in scoresFingerprint where SHA256Digest(hex: text) == nil {
            throw ValidationError("--scores-fingerprint \(text): expected 64 hexadecimal digits")
        }
    }

    func run() throws {
        var pruning = ScoreStorePruning()
        pruning.scoresFingerprints = scoresFingerprint.compactMap { SHA256Digest(hex: $0) }
        pruning.unusedSince = unusedDays.map { Int64(Date.now.timeIntervalSince1970) - Int64($0) * 86_400 }
        pruning.maxBytes = maxBytes?.bytes
        let removal = try store.withStore(readOnly: false) { try $0.prune(pruning) }
        store.show("removed \(removal.segments) segments, \(removal.bytes) bytes") { writer in
            writer.field("removed_segments", removal.segments)
            writer.field("removed_bytes", removal.bytes)
        }
    }
}
