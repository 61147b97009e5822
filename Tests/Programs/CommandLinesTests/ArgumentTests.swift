import ArgumentParser
import CommandLines
import Testing

struct ArgumentTests {
    private func completed(_ arguments: [String], _ environment: [String: String]) throws -> [String] {
        try SampleProgram.completedArguments(arguments, environment: environment)
    }

    @Test func commandsAreFoundWithTheirOptions() throws {
        let catalog = ArgumentCatalog(SampleProgram.self)
        #expect(try catalog.commands().map(\.path) == [["serve"], ["store", "verify"]])
        let serve = try #require(try catalog.command(of: ["--max-tokens", "3"]))
        #expect(serve.path == ["serve"])
        #expect(serve.options.map(\.environmentName) == ["REMIT_MAX_TOKENS", "REMIT_CORPUS", "REMIT_INSECURE"])
        #expect(serve.options.map(\.takesValue) == [true, true, false])
        #expect(serve.options.map(\.repeats) == [false, true, false])
        #expect(try catalog.command(of: ["serve"])?.path == ["serve"])
        #expect(try catalog.command(of: ["store", "verify", "d"])?.options.map(\.name) == ["remove"])
        #expect(try catalog.command(of: ["store"]) == nil)
        #expect(try catalog.command(of: ["store", "burn"]) == nil)
    }

    @Test func theEnvironmentGivesWhatIsMissing() throws {
        let environment = [
            "REMIT_MAX_TOKENS": "7", "REMIT_CORPUS": "a,b", "REMIT_INSECURE": "yes", "REMIT_REMOVE": "1",
        ]
        let given = ["--max-tokens=7", "--corpus=a", "--corpus=b", "--insecure"]
        #expect(try completed([], environment) == given)
        #expect(try completed(["serve"], environment) == ["serve"] + given)
        #expect(
            try completed(["--corpus", "c", "--max-tokens", "1"], environment) == [
                "--corpus", "c", "--max-tokens", "1", "--insecure",
            ])
        #expect(try completed(["store", "verify", "d"], environment) == ["store", "verify", "d", "--remove"])
        let command = try SampleProgram.parseAsRoot(completed(["store", "verify", "--", "-d"], environment))
        let verify = try #require(command as? SampleProgram.Store.Verify)
        #expect(verify.directory == "-d" && verify.remove)
    }

    @Test func anEmptyVariableIsNone() throws {
        #expect(try completed([], ["REMIT_MAX_TOKENS": "", "REMIT_INSECURE": "", "OTHER": "1"]) == [])
    }

    @Test(arguments: ["1", "true", "YES"]) func aSwitchIsOn(_ value: String) throws {
        #expect(try completed([], ["REMIT_INSECURE": value]) == ["--insecure"])
    }

    @Test(arguments: ["0", "False", "no"]) func aSwitchIsOff(_ value: String) throws {
        #expect(try completed([], ["REMIT_INSECURE": value]) == [])
    }

    @Test func aSwitchIsNothingElse() {
        #expect(throws: (any Error).self) { try completed([], ["REMIT_INSECURE": "maybe"]) }
    }
}
