import Foundation

/// JSON of values that another format gave without types, as Foundation writes it.
package enum UntypedJSON {
    /// One line with sorted keys. A whole number is written without a fraction, whichever type it has.
    ///
    /// - Parameter members: texts, finite numbers, booleans, `NSNull`, lists and mappings of these; checked by the caller.
    /// - Throws: a Foundation error, which names no member, for anything else.
    package static func bytes(_ members: [String: Any]) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: members, options: .sortedKeys))
    }
}
