import System
import Testing

struct ByteOrderMarkTests {
    @Test(arguments: [("\u{FEFF}key", "key"), ("key", "key"), ("\u{FEFF}", ""), ("", ""), ("k\u{FEFF}", "k\u{FEFF}")])
    func onlyTheFirstIsNoText(_ text: String, _ expected: String) {
        #expect(Array(text.withoutByteOrderMark.unicodeScalars) == Array(expected.unicodeScalars))
    }
}
