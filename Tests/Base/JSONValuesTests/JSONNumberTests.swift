import JSONValues
import TestSupport
import Testing

@Suite struct JSONNumberTests {
    private func floats(_ text: String) throws -> [Float] {
        try JSONReader.read(text.utf8) { try $0.floatsOrNulls() }
    }

    private func ints(_ text: String) throws -> [Int32] {
        try JSONReader.read(text.utf8) { try $0.int32s() }
    }

    @Test func everyFloatWrittenReadsBackToItsBits() throws {
        var random = DrawnRandom()
        var values: [Float] = [
            0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
            Float.leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0.1, 1e-7, 1e16,
            16_777_216, 16_777_218,
        ]
        while values.count < 50_000 {
            let value = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random))
            if value.isFinite { values.append(value) }
        }
        var writer = JSONWriter()
        writer.object { $0.field("values", values) }
        try JSONReader.read(writer.bytes) { reader in
            try reader.object { reader, _ in
                let read = try reader.floatsOrNulls()
                #expect(read.map(\.bitPattern) == values.map(\.bitPattern))
            }
        }
    }

    @Test func nullIsNaNBothWays() throws {
        let values = try floats("[null, 1, null]")
        #expect(values[0].isNaN && values[1] == 1 && values[2].isNaN)
        var writer = JSONWriter()
        writer.object { $0.field("x", values) }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"x":[null,1.0,null]}"#)
    }

    /// Decimals of every length, against the standard library's own conversion.
    @Test func decimalsAreRoundedOnce() throws {
        var random = DrawnRandom()
        for _ in 0..<20_000 {
            let digits = (0..<Int.random(in: 1...22, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
            let mantissa = digits.map(String.init).joined()
            let text =
                "\(Int.random(in: 1...9, using: &random)).\(mantissa)e\(Int.random(in: -50...40, using: &random))"
            let expected = try #require(Float(text))
            guard expected.isFinite else { continue }
            let got = try floats("[\(text)]")[0]
            if got.bitPattern != expected.bitPattern { Issue.record("\(text): \(got), expected \(expected)") }
            let wide = try JSONReader.read(text.utf8) { try $0.double() }
            if wide != Double(text) { Issue.record("\(text): \(wide)") }
        }
    }

    /// Halfway between 1 and the next float, and as near to it as makes a double of the same bits: rounding twice would
    /// go wrong.
    @Test func halfwayDecimals() throws {
        #expect(try floats("[1.000000059604644775390625]")[0] == 1)
        #expect(try floats("[1.00000005960464477539062500000001]")[0] == Float(1).nextUp)
        #expect(try floats("[1.00000005960464477539062499999999]")[0] == 1)
        #expect(try floats("[1.000000178813934326171875]")[0] == Float(1).nextUp.nextUp)
        #expect(try floats("[16777217, 16777219, 16777217.0000001]") == [16_777_216, 16_777_220, 16_777_218])
        #expect(try floats("[33554434, 33554438]") == [33_554_432, 33_554_440])
        #expect(try floats("[0.70064923216240853546186479164495e-45]")[0] == 0)
        #expect(try floats("[0.70064923216240853546186479164496e-45]")[0] == .leastNonzeroMagnitude)
        #expect(try floats("[3.4028235677973366e38]") == [.greatestFiniteMagnitude])
        #expect(throws: JSONError.self) { try floats("[3.4028235677973367e38]") }
    }

    @Test func overflowIsRefusedAndUnderflowIsZero() throws {
        #expect(
            throws: JSONError.numberOutOfRange(
                path: "[1]", expected: "a number within a 32-bit float's range", got: "-3.5e38")
        ) { try floats("[0,-3.5e38]") }
        #expect(try floats("[1e-50,-1e-50,1e-999999]").map(\.bitPattern) == [0, 0x8000_0000, 0])
    }

    @Test func integersMustBeIntegersInRange() throws {
        #expect(try ints("[0,-1,2147483647,-2147483648,-0]") == [0, -1, .max, .min, 0])
        #expect(try ints(" [ ] ").isEmpty)
        for (text, path) in [
            ("[2147483648]", "[0]"), ("[0,-2147483649]", "[1]"), ("[1.5]", "[0]"), ("[1,2,1e-3]", "[2]"),
            ("[1e10]", "[0]"),
            ("[99999999999999999999999999]", "[0]"), ("[true]", "[0]"), ("[[1]]", "[0]"), ("[null]", "[0]"),
        ] {
            let error = #expect(throws: JSONError.self) { try ints(text) }
            #expect(error?.path == path)
        }
    }

    @Test(arguments: ["[1,]", "[1 2]", "[1", "[", "[1,,2]", "1", "[1]]", "[1}", "[0 1]", "[-]", "[00]"])
    func malformedArrays(_ text: String) {
        #expect(throws: JSONError.self) { try ints(text) }
        #expect(throws: JSONError.self) { try floats(text) }
    }

    @Test func integersOfEveryWidthAreWritten() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("a", [Int.min, -10, -1, 0, 9, 10, 99, 100, Int.max])
            writer.field("b", UInt64.max)
            writer.field("c", Int8.min)
        }
        let expected =
            #"{"a":[-9223372036854775808,-10,-1,0,9,10,99,100,9223372036854775807],"#
            + #""b":18446744073709551615,"c":-128}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func tenMegabytesOfIDs() throws {
        let ids = (0..<2_000_000).map { Int32($0 % 50_000) }
        var writer = JSONWriter()
        writer.object { $0.field("ids", ids) }
        #expect(writer.bytes.count > 10_000_000)
        var read: [Int32] = []
        try JSONReader.read(writer.bytes) { reader in
            try reader.object { reader, _ in read = try reader.int32s() }
        }
        #expect(read == ids)
    }
}
