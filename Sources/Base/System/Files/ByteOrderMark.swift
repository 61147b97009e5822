extension String {
    /// The text of a file without the byte order mark that some editors put first: it is no part of a key, a setting or a text.
    package var withoutByteOrderMark: String {
        unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
    }
}
