// Stands in for Apple's Charts where there is none: only what the sample uses, declared as Apple documents it.

import SwiftUI

/// https://developer.apple.com/documentation/charts/plottable
public protocol Plottable {}

extension Double: Plottable {}
extension Int: Plottable {}
extension String: Plottable {}

/// https://developer.apple.com/documentation/charts/plottablevalue
public struct PlottableValue<Value: Plottable> {
    /// https://developer.apple.com/documentation/charts/plottablevalue/value(_:_:)
    public static func value(_ labelKey: LocalizedStringKey, _ value: Value) -> PlottableValue { PlottableValue() }
    @_disfavoredOverload
    public static func value<S: StringProtocol>(_ label: S, _ value: Value) -> PlottableValue { PlottableValue() }
}

/// https://developer.apple.com/documentation/charts/chartcontent
@MainActor @preconcurrency
public protocol ChartContent {}

/// https://developer.apple.com/documentation/charts/chartcontentbuilder
@resultBuilder
public struct ChartContentBuilder {
    public static func buildBlock<Content: ChartContent>(_ content: Content) -> Content { content }
}

extension ChartContent {
    /// https://developer.apple.com/documentation/charts/chartcontent/annotation(position:alignment:spacing:content:)
    nonisolated public func annotation<C: View>(
        position: AnnotationPosition = .automatic,
        alignment: Alignment = .center,
        spacing: CGFloat? = nil,
        @ViewBuilder content: () -> C
    ) -> some ChartContent { self }

    /// https://developer.apple.com/documentation/charts/chartcontent/foregroundstyle(by:)
    nonisolated public func foregroundStyle<D: Plottable>(by value: PlottableValue<D>) -> some ChartContent { self }
}

/// https://developer.apple.com/documentation/charts/annotationposition
public struct AnnotationPosition {
    public static var automatic: AnnotationPosition { AnnotationPosition() }
}

/// https://developer.apple.com/documentation/charts/markdimension
public struct MarkDimension {
    public static var automatic: MarkDimension { MarkDimension() }
}

/// https://developer.apple.com/documentation/charts/markstackingmethod
public struct MarkStackingMethod {
    public static var standard: MarkStackingMethod { MarkStackingMethod() }
}

/// https://developer.apple.com/documentation/charts/barmark
public struct BarMark: ChartContent {
    /// https://developer.apple.com/documentation/charts/barmark/init(x:y:width:height:stacking:)
    nonisolated public init<X: Plottable, Y: Plottable>(
        x: PlottableValue<X>,
        y: PlottableValue<Y>,
        width: MarkDimension = .automatic,
        height: MarkDimension = .automatic,
        stacking: MarkStackingMethod = .standard
    ) {}
}

/// https://developer.apple.com/documentation/charts/pointmark
public struct PointMark: ChartContent {
    /// https://developer.apple.com/documentation/charts/pointmark/init(x:y:)
    nonisolated public init<X: Plottable, Y: Plottable>(x: PlottableValue<X>, y: PlottableValue<Y>) {}
}

/// https://developer.apple.com/documentation/charts/chart
public struct Chart<Content: ChartContent>: DrawnView {
    /// https://developer.apple.com/documentation/charts/chart/init(_:content:)
    nonisolated public init<Data: RandomAccessCollection>(
        _ data: Data,
        @ChartContentBuilder content: @escaping (Data.Element) -> Content
    ) where Data.Element: Identifiable {}
}

extension View {
    /// https://developer.apple.com/documentation/swiftui/view/chartxaxislabel(_:position:alignment:spacing:)
    nonisolated public func chartXAxisLabel(
        _ labelKey: LocalizedStringKey,
        position: AnnotationPosition = .automatic,
        alignment: Alignment? = nil,
        spacing: CGFloat? = nil
    ) -> some View { self }

    /// https://developer.apple.com/documentation/swiftui/view/chartyaxislabel(_:position:alignment:spacing:)
    nonisolated public func chartYAxisLabel(
        _ labelKey: LocalizedStringKey,
        position: AnnotationPosition = .automatic,
        alignment: Alignment? = nil,
        spacing: CGFloat? = nil
    ) -> some View { self }

    /// https://developer.apple.com/documentation/swiftui/view/chartyaxislabel(_:position:alignment:spacing:)
    @_disfavoredOverload
    nonisolated public func chartYAxisLabel<S: StringProtocol>(
        _ label: S,
        position: AnnotationPosition = .automatic,
        alignment: Alignment? = nil,
        spacing: CGFloat? = nil
    ) -> some View { self }
}
