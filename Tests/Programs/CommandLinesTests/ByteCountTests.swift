import CommandLines
import Testing

struct ByteCountTests {
    @Test(arguments: [
        ("0", 0), ("1048576", 1 << 20), ("12B", 12), ("3kB", 3_000), ("64MiB", 64 << 20), ("64 mib", 64 << 20),
        ("1.5GiB", 3 << 29), ("2TB", 2_000_000_000_000), ("0.5KiB", 512),
    ])
    func reads(_ text: String, _ bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "GiB", "-1", "1e3", "5G", "1,5GB", "1.2.3MB", "9999999TiB", "99999999999999999999", "٣MB", "nan",
    ])
    func refuses(_ text: String) {
        #expect(ByteCount(argument: text) == nil)
    }

    @Test(arguments: [
        (0, "0"), (1500, "1500"), (5_000_000_000, "5GB"), (1 << 50, "1024TiB"), (64 << 20, "64MiB"),
        (3 << 29, "1536MiB"), (1 << 40, "1TiB"),
    ])
    func writes(_ bytes: Int, _ text: String) {
        #expect(ByteCount(bytes).description == text)
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }
}
