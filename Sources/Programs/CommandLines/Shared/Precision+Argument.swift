import ArgumentParser
import Transformers

extension Precision: ExpressibleByArgument, SettingValue {}
