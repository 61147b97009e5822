import Flywheel
import Testing

struct SeedRangeTests {
    @Test(
        arguments: [
            ([1, 2, 3], "1-3"), ([5], "5"), ([1, 3, 4, 9], "1,3-4,9"), ([3, 2, 1], "3,2,1"), ([], ""),
            ([.max - 1, .max], "18446744073709551614-18446744073709551615"),
        ] as [([UInt64], String)])
    func runsAreWrittenAsRanges(_ seeds: [UInt64], _ text: String) { #expect(FlywheelReport.ranges(seeds) == text) }
}
