import RunFiles
import ArgumentParser
import CommandLines
import RemitTrainer
import TestSupport
import Testing

/// Every number that a command line can hold has a range, which `--help` shows and the parser keeps.
struct NumberRangeTests {
    /// Zero, signs, the ends of integers, what floating-point grammars take, what none does.
    private static let hostile = [
        "0", "-1", "1", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
        "1000000000000", "nan", "-nan", "inf", "-inf", "infinity", "1e400", "-1e400", "1e-400", "0x1p3", "1_000", "",
        " ",
        "1 ", "1,5", "٣", "1e", "GiB", "9999999TiB", "h", "99999999h",
    ]

    @Test func theyAreFound() {
        let names = Set(NumberFlag.all.map(\.testDescription))
        #expect(
            names.isSuperset(of: [
                "remit-server serve --port", "remit-server store prune --max-bytes", "remit-trainer anneal --prefetch",
                "remit-trainer anneal --hedge-after", "remit-trainer doctor --learning-rate",
                "remit-trainer evaluate --seed",
                "remit-trainer reinforce --max-new-tokens", "remit-trainer reinforce --reward-timeout",
            ]))
        #expect(NumberFlag.all.count > 100)
    }

    @Test(arguments: NumberFlag.all)
    func theRangeIsShownAndKept(_ flag: NumberFlag) throws {
        let type = try #require(flag.type as? any ArgumentNumber.Type, "\(flag.type) is no kind of number with ranges")
        let range = try #require(flag.range, "'\(flag.help)' ends without a range: declare it with in:")
        try check(flag, type, range)
    }

    private func check<Number: ArgumentNumber>(
        _ flag: NumberFlag, _: Number.Type, _ range: NumberFlag.Range
    ) throws {
        let least = try range.least.map { try #require(Number(argument: $0)) }
        let most = try #require(Number(argument: range.most))
        let isInside = { (number: Number) in number <= most && (least.map { number >= $0 } ?? (number > Self.zero())) }
        for text in [range.least, range.most].compactMap(\.self) {
            #expect(flag.refusal(["--\(flag.name)=\(text)"]) == nil, "\(text) is an end of the range")
        }
        let outside = Self.neighbours(of: least, most).filter { !isInside($0) }.map(\.written)
        for text in Self.hostile + outside {
            let isTaken = Number(argument: text).map(isInside) ?? false
            // The environment comes to the same parser: some values show it.
            let isAlsoVariable = ["-1", "nan", "1e400", " "].contains(text)
            for (arguments, environment) in [(["--\(flag.name)=\(text)"], [:])]
                + (isAlsoVariable ? [([], [flag.variable: text])] : [])
            {
                let refusal = flag.refusal(arguments, environment: environment)
                #expect((refusal == nil) == isTaken, "'\(text)': \(refusal ?? "taken")")
                // Of an empty value the parser itself says that it is missing.
                guard let refusal, !text.isEmpty else { continue }
                let says =
                    refusal.contains("'\(text)'") && refusal.contains("expected ") && refusal.contains(range.most)
                #expect(says, "\(refusal)")
            }
        }
    }

    private static func zero<Number: ArgumentNumber>() -> Number { Number(argument: "0")! }

    /// The numbers next to the ends, where the type has such.
    private static func neighbours<Number: ArgumentNumber>(of least: Number?, _ most: Number) -> [Number] {
        func next(_ number: Number, _ step: Int) -> Number? {
            switch number {
            case let number as Int: number.addingReportingOverflow(step).partialValue as? Number
            case let number as Double: (step < 0 ? number.nextDown : number.nextUp) as? Number
            case let number as ByteCount: ByteCount(number.bytes + step) as? Number
            case let number as TimeSpan: TimeSpan(number.duration + .milliseconds(step)) as? Number
            default: nil
            }
        }
        return [least.flatMap { next($0, -1) }, next(most, 1)].compactMap(\.self)
    }

    /// What a configuration file of `pretrain` says comes to the same parser.
    @Test(arguments: NumberFlag.all.filter { $0.path == ["pretrain"] })
    func aFileIsHeldToTheRangesToo(_ flag: NumberFlag) throws {
        let directory = try TemporaryDirectory()
        let command = try #require(try ArgumentCatalog(RemitTrainer.self).command(of: ["pretrain"]))
        for value in [".nan", ".inf", "-.inf", "1e400", "-1", "true", "[]", "[-1, 2]", "99999999999999999999999"] {
            let file = try directory.write("c.yaml", Array("model: {a: 1}\n\(flag.name): \(value)\n".utf8))
            let refusal: String? =
                if let configuration = try? PretrainConfiguration(file),
                    let arguments = try? ArgumentSources(options: command.options).completed(
                        ["pretrain"], values: configuration.flags, file: file)
                { arguments.count > 1 ? flag.refusal(Array(arguments.dropFirst())) : "nothing is said" } else {
                    "the file is refused"
                }
            #expect(refusal != nil, "\(flag.name): \(value)")
        }
    }
}
