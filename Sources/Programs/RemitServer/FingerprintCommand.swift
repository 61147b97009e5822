import ArgumentParser
import CommandLines
import Digests
import RemoteEngines

struct FingerprintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint",
        abstract: "Print the model fingerprint of a checkpoint: which model it is, whatever computes it.",
        discussion: """
            SHA-256 over every tensor's name, type, shape and bytes, and over the configuration: what serve states as model_fingerprint. Of a \
            family that remit does not compute itself the whole configuration counts. All bytes are read, unless --cache remembers them.
            """)

    @Argument(help: ArgumentHelp("A Hugging Face checkpoint.", valueName: "dir"), completion: .directory)
    var directory: String
    @Option(
        help: ArgumentHelp(
            "Remember fingerprints in this file, by the names, sizes, times and inodes of the checkpoint's files.",
            valueName: "file"), completion: .file())
    var cache: String?

    func run() throws {
        let terminal = Terminal()
        let cache = WeightsCache(cache) { terminal.line("warning: the fingerprint is not remembered: \($0)") }
        print(try ModelFingerprint.of(directory, ignoring: [], cache).digest.hex)
    }
}
