import ArgumentParser
import CommandLines
import JSONValues
import Testing

struct FlagValuesTests {
    private enum Shape: String, ExpressibleByArgument, SettingValue { case round, square }

    private struct Group: ParsableArguments {
        @Option var threadCount: Int?
        @Option var shape = Shape.round
    }

    private struct Sample: ParsableArguments {
        @Option var maxBytes = ByteCount(1 << 20)
        @OptionGroup var group: Group
        @Option var names: [String] = []
        @Option var directory: PathArgument?
        @Option var file = PathArgument(argument: "a/b")
        @Flag var insecure = false
        @Argument var other: String?
    }

    private func values(_ arguments: String...) throws -> [String: JSONValue] {
        Dictionary(
            uniqueKeysWithValues: FlagValues(try Sample.parse(arguments)).entries.map { ($0.name, $0.value) })
    }

    @Test func defaultsStandInTheOrderOfDeclaration() throws {
        let entries = FlagValues(try Sample.parse([])).entries
        #expect(
            entries.map(\.name) == [
                "max_bytes", "thread_count", "shape", "names", "directory", "file", "insecure",
            ])
        #expect(
            entries.map(\.value) == [
                .integer(1 << 20), .null, .string("round"), .array([]), .null, .string("a/b"), .bool(false),
            ])
    }

    /// A flag without a value is a place by its type alone: one nil is like another.
    @Test func placesAreKnownByTheirType() throws {
        #expect(FlagValues(try Sample.parse([])).entries.filter(\.isPath).map(\.name) == ["directory", "file"])
    }

    @Test func whatIsGivenIsTold() throws {
        let values = try values(
            "--max-bytes", "2kB", "--thread-count", "3", "--shape", "square", "--names", "a", "--names", "b",
            "--directory",
            "d", "--insecure", "more")
        #expect(
            values == [
                "max_bytes": .integer(2000), "thread_count": .integer(3), "shape": .string("square"),
                "names": .array([.string("a"), .string("b")]), "directory": .string("d"), "file": .string("a/b"),
                "insecure": .bool(true),
            ])
    }

    /// What is settled later is set as any property is.
    @Test func aValueThatIsSetIsTold() throws {
        var sample = try Sample.parse([])
        sample.group.threadCount = 7
        sample.maxBytes = ByteCount(5)
        let entries = FlagValues(sample).entries
        #expect(entries.first?.value == .integer(5) && entries.dropFirst().first?.value == .integer(7))
    }
}
