import ArgumentParser
import CommandLines
import JSONValues
import RemitServer
import ScoringServer
import TestSupport
import Testing

/// What /info says of the flags, and which flags do not go together.
struct ConfigurationTests {
    private func configuration(_ arguments: String...) throws -> ServerConfiguration {
        try ServerConfiguration(ServerOptions.parse(["--model", "m"] + arguments))
    }

    @Test func everyFlagIsAmongTheSettings() throws {
        let flags = try #require(try ArgumentCatalog(ServerCommand.self).command(of: ["serve"])).options
        let names = flags.map { $0.name.replacing("-", with: "_") }
        let settings = try configuration().settings.values
        #expect(Set(settings.members.map(\.0)) == Set(names))
    }

    @Test func fieldsThatAreIgnoredAreAmongTheSettings() throws {
        let settings = try configuration("--ignore-config-field", "made_by", "--ignore-config-field", "b").settings
        #expect(
            settings.shown(toAdmin: false)[key: "ignore_config_field"] == .array([.string("made_by"), .string("b")]))
        #expect(throws: (any Error).self) { try configuration("--ignore-config-field", "") }
    }

    @Test func settingsAreTheValuesInForce() throws {
        let directory = try TemporaryDirectory()
        let keys = try directory.write("keys", Array("a:long-enough admin".utf8))
        let settings = try configuration(
            "--threads", "3", "--max-batch-tokens", "512", "--api-key-file", keys, "--store", "s", "--store-max-bytes",
            "2GiB", "--max-memory", "1GB"
        ).settings
        let values = settings.shown(toAdmin: true)
        for (name, value) in [
            ("threads", JSONValue.integer(3)), ("max_sequence_tokens", .integer(512)), ("name", .string("m")),
            ("store", .string("s")), ("store_max_bytes", .integer(2 << 30)), ("max_memory", .integer(1_000_000_000)),
            ("drain_timeout", .integer(30)), ("write_timeout", .integer(30)), ("base", .null),
            ("insecure", .bool(false)), ("no_page", .bool(false)), ("no_dialects", .bool(false)),
            ("api_key_file", .string(keys)),
        ] { #expect(values[key: name] == value, "\(name)") }
        let forOthers = settings.shown(toAdmin: false)
        #expect(forOthers[key: "store"] == .bool(true) && forOthers[key: "base"] == .null)
        #expect(forOthers[key: "api_key_file"] == .bool(true) && forOthers[key: "model"] == .bool(true))
        #expect(forOthers[key: "threads"] == .integer(3))
    }

    @Test(arguments: [
        (["--name", "a b"], "--name a b"),
        (["--max-sequence-tokens", "5000"], "is over --max-batch-tokens 4096"),
        (["--max-request-tokens", "1000"], "is over --max-request-tokens 1000"),
        (["--max-body-bytes", "1GiB"], "is over --max-buffered-bytes"),
        (["--max-body-bytes", "1KiB"], "cannot hold --max-request-tokens"),
        (["--host", "0.0.0.0"], "give --api-key-file, or --insecure"),
        (["--store-max-bytes", "1GiB"], "without --store"),
        (["--models-dir", "/no/such/directory"], "there is no such directory"),
        (["--admin-without-key"], "without --models-dir"),
        (["--allowed-host", "a", "--host", "0.0.0.0", "--insecure"], "--allowed-host beside"),
        (["--allowed-host", ""], "a name without port"),
        (["--allowed-host", "lab:8080"], "a name without port"),
        (["--allowed-host", "http://lab"], "got \"http://lab\""),
        (["--allowed-origin", "https://example.org/"], "without a path"),
        (["--allowed-origin", "https://example.org:443"], "the port that its scheme has anyway"),
        (["--allowed-origin", "HTTP://example.org:80"], "the port that its scheme has anyway"),
        (["--allowed-origin", "example.org"], "without a path"),
        (["--max-buffered-bytes", "8MiB", "--max-body-bytes", "8MiB"], "cannot hold an answer"),
        (["--name", ".."], "not . or .. alone"),
        (["--admin-without-key", "--models-dir", "/", "--api-key-file", "k"], "mark the keys"),
        (["--insecure", "--api-key-file", "k"], "--insecure beside --api-key-file"),
        (["--api-key-file", "/no/such/file"], "cannot read the key file"),
    ])
    func isRefusedInOneLine(_ arguments: [String], _ reason: String) throws {
        let options = try ServerOptions.parse(["--model", "m"] + arguments)
        let error = #expect(throws: (any Error).self) { try ServerConfiguration(options) }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains(reason) && !text.contains("\n"), "\(text)")
    }
}
