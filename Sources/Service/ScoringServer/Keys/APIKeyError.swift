/// Why a key file cannot be used.
package enum APIKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is not there, not readable, or not UTF-8.
    case unreadable(file: String, reason: String)
    /// Nothing but empty lines and comments in the file.
    case noKeys(file: String)
    /// Fewer bytes than `APIKeys.minimumKeyBytes`.
    case keyTooShort(file: String, line: Int, bytes: Int, atLeast: Int)
    /// A key with a byte that is not visible ASCII, or a name that is empty or has more than letters, digits, dot, dash and
    /// underscore.
    case badCharacter(file: String, line: Int)
    /// `sha256:` is not followed by 64 hexadecimal digits.
    case badDigest(file: String, line: Int)
    /// Behind the key stands what is no option. `number` counts from the key on: the text itself may be part of a secret.
    case unknownOption(file: String, line: Int, number: Int)
    /// `tokens-per-minute` is no whole number in its range, or was given twice.
    case badRate(file: String, line: Int)
    /// The key of an earlier line.
    case repeatedKey(file: String, line: Int)
    /// Two keys of one name share one rate, and the lines give it differently.
    case differentRates(file: String, line: Int, name: String)

    package var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): cannot read the key file: \(reason)"
        case .noKeys(let file): "\(file): no key in it; write one a line, as KEY or NAME:KEY"
        case .keyTooShort(let file, let line, let bytes, let atLeast):
            "\(file):\(line): the key has \(bytes) bytes, expected at least \(atLeast)"
        case .badCharacter(let file, let line):
            "\(file):\(line): a key is visible ASCII without spaces, a name letters, digits, dot, dash or underscore"
        case .badDigest(let file, let line):
            "\(file):\(line): after sha256: come the 64 hexadecimal digits of the key's SHA-256"
        // What stands there is not shown: it may be part of a key that has a space in it.
        case .unknownOption(let file, let line, let number):
            "\(file):\(line): option \(number) after the key is neither admin nor tokens-per-minute=N (a key has no spaces)"
        case .badRate(let file, let line):
            "\(file):\(line): tokens-per-minute is a whole number from 1 to \(APIKeyLine.largestRate), given once"
        case .repeatedKey(let file, let line): "\(file):\(line): this key stands there already"
        case .differentRates(let file, let line, let name):
            "\(file):\(line): the keys called \(name) share one rate and give it differently"
        }
    }
}
