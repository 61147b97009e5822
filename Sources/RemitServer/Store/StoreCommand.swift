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

/// What the three have in common.
struct StoreArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("Directory of the store.", valueName: "dir"))
    var directory: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func withStore<Value>(_ body: (ScoreStoreMaintenance) throws -> Value) throws -> Value {
        let store = try ScoreStoreMaintenance(directory: directory)
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
