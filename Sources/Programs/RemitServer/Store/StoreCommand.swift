import ArgumentParser
import Foundation
import JSONValues
import ScoreStores

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Look after a log-prob store (the directory that serve has as --store).",
        discussion: "Servers may use the store meanwhile.",
        subcommands: [StoreStatsCommand.self, StoreVerifyCommand.self, StorePruneCommand.self])
}

/// The arguments that the subcommands of `store` have in common.
package struct StoreArguments: ParsableArguments {
    package init() {}

    @Argument(
        help: ArgumentHelp("Directory of the store (default: that of --store).", valueName: "dir"),
        completion: .directory)
    var directory: String?

    @Option(help: ArgumentHelp("Directory of the store, as serve has it.", valueName: "dir"), completion: .directory)
    var store: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    /// Checks that a store is named in one of the ways.
    ///
    /// - Throws: `ValidationError` where none is.
    package func validate() throws {
        guard directory ?? store != nil else {
            throw ValidationError("say which store: its directory, --store or REMIT_STORE")
        }
    }

    /// The directory of the store. What the line names wins over the environment, which comes as --store.
    package var path: String { directory ?? store ?? "" }

    func withStore<Value>(readOnly: Bool, _ body: (ScoreStoreMaintenance) throws -> Value) throws -> Value {
        let store = try ScoreStoreMaintenance(directory: path, readOnly: readOnly)
        defer { store.close() }
        return try body(store)
    }

    /// One of the two forms, on standard output.
    func show(_ text: @autoclosure () -> String, json object: (inout JSONWriter) -> Void) {
        guard json else { return print(text()) }
        var writer = JSONWriter()
        writer.object(object)
        print(String(decoding: writer.bytes, as: UTF8.self))
    }

    static func date(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
