import ArgumentParser
import CommandLines
import Corpora
import Testing

struct ReaderChoiceTests {
    @Test func aChoiceIsAKindAndAProgram() {
        let choice = ReaderChoice(argument: "Parquet=python3 -m remit.read --column a=b")
        #expect(choice?.kind == "parquet" && choice?.program == "python3 -m remit.read --column a=b")
        #expect(ReaderChoice(argument: "arrow=")?.program == "")
        for wrong in ["parquet", "=program", ".parquet=program", "a b=program", ""] {
            #expect(ReaderChoice(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test func theLastChoiceOfAKindCounts() throws {
        let records = try RecordArguments.parse(["--reader", "a=one", "--reader", "xz=", "--reader", "a=two"])
        #expect(records.fields.readers == CorpusReaders(given: ["a": "two", "xz": ""]))
        #expect(try RecordArguments.parse([]).fields.readers == CorpusReaders(given: [:]))
    }
}
