extension String {
    /// Itself, or its first part and an ellipsis where it has more than `maxBytes` of UTF-8: what a sender wrote goes into
    /// errors and logs, and it may be megabytes (of one "character", too).
    package func shortened(toBytes maxBytes: Int) -> String {
        guard utf8.count > maxBytes else { return self }
        return String(UnicodeScalarView(unicodeScalars.prefix(maxBytes / 4))) + "…"
    }
}
