import Foundation
import GRDB

/// A damaged file may hold NULL, or another type, where the layout says otherwise. GRDB's subscripts trap on that.
extension Row {
    func integer(_ index: Int) -> Int64? { Int64.fromDatabaseValue(self[index]) }
    func bytes(_ index: Int) -> Data? { Data.fromDatabaseValue(self[index]) }
}
