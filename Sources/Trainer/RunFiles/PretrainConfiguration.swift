import Checkpoints
import Coding
import Foundation
import System
import Yams

/// The file of `pretrain --config`: the model's architecture under `model`, every other key a flag without its dashes. Keys may be
/// grouped under `data`, `optimizer` and `run`.
package struct PretrainConfiguration {
    private static let groups: Set<String> = ["data", "optimizer", "run"]

    /// The architecture: the fields of a config.json.
    package let model: ConfigurationObject
    /// Flag names without their dashes, with their values as text; a list has several.
    package let flags: [String: [String]]

    /// Reads the YAML file at `path`.
    ///
    /// - Throws: `RunFileError` where it cannot be read, is no mapping, or lacks `model`.
    package init(_ path: String) throws {
        let text: String
        do {
            text = try RunFileError.text(path)
        } catch {
            throw RunFileError("--config \(path) cannot be read: \(error.localizedDescription)")
        }
        let root: Any?
        do {
            root = try Yams.load(yaml: text)
        } catch {
            throw RunFileError("\(path): \(error)")
        }
        guard var keys = root as? [String: Any] else { throw RunFileError("\(path): expected a mapping at the top") }
        guard let model = keys.removeValue(forKey: "model") as? [String: Any] else {
            throw RunFileError("\(path): expected a mapping 'model' with the fields of a config.json")
        }
        try Self.checkValues(model, "model", path)
        self.model = try ConfigurationObject(parsing: UntypedJSON.bytes(model), source: "\(path): model")
        flags = try Self.flags(keys, path)
    }

    /// What a config.json can hold, all the way down: YAML also has times, bytes and numbers that are none.
    private static func checkValues(_ value: Any, _ field: String, _ path: String) throws {
        switch value {
        case is String, is Bool, is Int, is UInt, is NSNull: return
        case let number as Double where number.isFinite: return
        case let list as [Any]:
            for (index, value) in list.enumerated() { try checkValues(value, "\(field)[\(index)]", path) }
        case let members as [String: Any]:
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                try checkValues(value, "\(field).\(name)", path)
            }
        default:
            throw RunFileError(
                "\(path): '\(field)' is \(value), which a config.json cannot hold; expected a finite number, a text, true, false, null, "
                    + "a list or a mapping with texts as keys")
        }
    }

    /// A flag in two places would have the value of one or the other by chance.
    private static func flags(_ keys: [String: Any], _ path: String) throws -> [String: [String]] {
        var flags: [String: [String]] = [:]
        func add(_ name: String, _ values: [String]) throws {
            guard flags.updateValue(values, forKey: name) == nil else {
                throw RunFileError("\(path): '\(name)' is given in two places; give it in one")
            }
        }
        for (key, value) in keys {
            if groups.contains(key), let members = value as? [String: Any] {
                for (name, values) in try Self.flags(members, path) { try add(name, values) }
            } else if let list = value as? [Any] {
                try add(key, try list.map { try scalar($0, key, path) })
            } else {
                try add(key, [try scalar(value, key, path)])
            }
        }
        return flags
    }

    private static func scalar(_ value: Any, _ key: String, _ path: String) throws -> String {
        switch value {
        case let text as String: return text
        case let flag as Bool: return flag ? "true" : "false"
        case let number as Int: return "\(number)"
        case let number as Double: return "\(number)"
        default: throw RunFileError("\(path): '\(key)' must be a number, a text, true, false or a list of them")
        }
    }
}
